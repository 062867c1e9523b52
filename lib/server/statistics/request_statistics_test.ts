import { assertEquals } from "@std/assert";
import { NO_REQUESTS, RequestStatistics } from "./request_statistics.ts";

const COUNTED = { client: "there", bucket: "bkt", store: "far" };
const DAY = 86_400;

async function withFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("requests are summed up over processes, and counted anew by schedule", async () => {
  await withFolder(async (folder) => {
    let now = 10 * DAY + 3600;
    const statistics = () => new RequestStatistics(folder, () => now);
    const more = { ...NO_REQUESTS, put: 2, uploaded: 100 };
    await statistics().add(COUNTED, more, "02:00 UTC");
    const { counts, since } = await statistics().add(COUNTED, more, "02:00 UTC");
    assertEquals([counts.put, counts.uploaded, since], [4, 200, now]);
    now += 2 * 3600;
    assertEquals((await statistics().add(COUNTED, more, "02:00 UTC")).counts.put, 2);
    assertEquals((await statistics().add(COUNTED, more, "02:00 UTC")).counts.put, 4);
    await statistics().reset(COUNTED);
    assertEquals((await statistics().read(COUNTED)).counts, NO_REQUESTS);
  });
});

Deno.test("counts that cannot be read are none", async () => {
  await withFolder(async (folder) => {
    const statistics = new RequestStatistics(folder, () => 5);
    await Deno.mkdir(`${folder}/s3-statistics`);
    await Deno.writeTextFile(`${folder}/s3-statistics/there-bkt-far.json`, '{"since":1,"put":-');
    assertEquals(await statistics.read(COUNTED), { counts: NO_REQUESTS, since: 5 });
  });
});

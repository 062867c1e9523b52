import { assertEquals } from "@std/assert";
import { GrowthTally } from "./growth_tally.ts";
import { TempDir } from "../../tests/support/temp_dir.ts";
import { LocalRepository } from "../datastore/local_repository.ts";
import { Datastore } from "../datastore/datastore.ts";
import { openRepository } from "../client/open_repository.ts";

Deno.test("GrowthTally counts chunks once, passes over what has gone, and ends where there is no room", async () => {
  await using dir = await TempDir.make("/dev/shm");
  Datastore.create(`${dir.path}/store`, { chunkFoldersOnDemand: true })[Symbol.dispose]();
  const source = `${dir.path}/disk`;
  const disk = new Uint8Array(8 * 1024 * 1024).fill(1);
  {
    await using client = await openRepository(`${dir.path}/store`);
    for (const [i, value] of [1, 1, 2].entries()) {
      disk.fill(value, 4 * 1024 * 1024);
      await Deno.writeFile(source, disk);
      await client.backup({ "disk.img": source }, { id: "a", time: new Date((i + 1) * 1e6) });
    }
  }
  await using repository = new LocalRepository(Datastore.open(`${dir.path}/store`));
  const tally = new GrowthTally(2);
  const [first, second, third] = (await repository.listSnapshots(""))
    .sort((a, b) => a.time - b.time)
    .map(({ type, id, time }) => ({ type, id, time, namespace: "" }));
  const chunk = 4 * 1024 * 1024;
  assertEquals(await tally.add(repository, first!, 2 * chunk), true);
  assertEquals(tally.distinctBytes, chunk);
  assertEquals(await tally.add(repository, second!, 2 * chunk), true);
  assertEquals(await tally.add(repository, { ...first!, id: "gone" }, 2 * chunk), true);
  assertEquals(tally.distinctBytes, chunk);
  assertEquals(await tally.add(repository, third!, 2 * chunk), true);
  assertEquals(tally.distinctBytes, 2 * chunk);
  assertEquals(await tally.add(repository, third!, 100 * chunk), false);
  const small = new GrowthTally(1);
  assertEquals(await small.add(repository, third!, chunk), false);
});

import { assertEquals, assertRejects } from "@std/assert";
import { AuthError, ConnectionError } from "../errors/mod.ts";
import { createManifest, encodeManifestBlob, withChunkUploadStats } from "../manifest/mod.ts";
import type { Repository, SnapshotInfo, SnapshotSource } from "../repository/mod.ts";
import { fetchUploadStatistics } from "./fetch_upload_statistics.ts";

const STATISTICS = { count: 3, size: 900, compressedSize: 500, duplicates: 1 };

function info(time: number, more: Partial<SnapshotInfo> = {}): SnapshotInfo {
  const files = [{ filename: "index.json.blob" }];
  return { type: "host", id: "web1", time, files, protected: false, ...more };
}

/** A server that gives the files of snapshots one by one; what it was asked for. */
function server(readFile: (time: number) => Promise<Uint8Array>) {
  const asked: string[] = [];
  const openFiles = (_namespace: string, snapshot: { readonly time: number }) => ({
    readFile: (name: string) => {
      asked.push(`${snapshot.time} ${name}`);
      return readFile(snapshot.time);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  } as unknown as SnapshotSource);
  return { asked, repository: { openFiles } as Pick<Repository, "openFiles"> };
}

Deno.test("fetchUploadStatistics() reads each manifest once of which the listing did not tell", async () => {
  const { asked, repository } = server((time) =>
    time === 4 ? Promise.reject(new AuthError("no")) : encodeManifestBlob(
      withChunkUploadStats(createManifest({ type: "host", id: "web1", time }), {
        ...STATISTICS,
        count: time,
      }),
    )
  );
  const listed = [
    info(1),
    info(2, { uploaded: STATISTICS }),
    // Unfinished: there is no manifest.
    info(3, { files: [{ filename: "a.blob" }] }),
    info(4),
    ...Array.from({ length: 20 }, (_, i) => info(10 + i)),
  ];
  const complete = await fetchUploadStatistics(repository, "", listed);
  assertEquals(complete.map(({ time }) => time), listed.map(({ time }) => time));
  assertEquals(
    complete.slice(0, 5).map(({ uploaded }) => uploaded?.count),
    [1, 3, undefined, undefined, 10],
  );
  assertEquals(asked.length, 22);
  assertEquals(new Set(asked).size, 22);
});

Deno.test("fetchUploadStatistics() asks a directory for nothing, and tells of a lost connection", async () => {
  assertEquals(await fetchUploadStatistics({}, "", [info(1)]), [info(1)]);
  const { repository } = server(() => Promise.reject(new ConnectionError("gone")));
  await assertRejects(
    () => fetchUploadStatistics(repository, "", [info(1), info(2)]),
    ConnectionError,
    "gone",
  );
});

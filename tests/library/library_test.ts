import { assertEquals, assertRejects } from "@std/assert";
import {
  AuthError,
  type BackupEvent,
  type BackupRepository,
  CorruptDataError,
  KeyError,
  NotFoundError,
  openRepository,
  UsageError,
} from "../../mod.ts";
import { ServerProcess } from "../support/server_process.ts";
import { runClient } from "../support/run_client.ts";
import { ServedBucket } from "../support/s3/served_bucket.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testWithPeers } from "../support/with_peers.ts";

const CONTENT = "line\n".repeat(1000);

/** A source with a folder of 300 files, a hard link, a symbolic link and an odd name. */
async function makeSource(folder: string): Promise<string> {
  const source = `${folder}/source`;
  await Deno.mkdir(`${source}/many`, { recursive: true });
  await Deno.writeTextFile(`${source}/a file [1].txt`, CONTENT);
  await Deno.link(`${source}/a file [1].txt`, `${source}/hard`);
  await Deno.symlink("many/7", `${source}/soft`);
  for (let i = 0; i < 300; i++) await Deno.writeTextFile(`${source}/many/${i}`, `file ${i}`);
  await Deno.writeFile(`${folder}/disk.raw`, image());
  return source;
}

function image(): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(9 * 1024 * 1024 + 17);
  for (let i = 0; i < bytes.length; i += 4096) bytes[i] = i >> 12;
  return bytes;
}

async function backUpAndLookInside(
  repository: BackupRepository,
  folder: string,
  changeDetection: "legacy" | "data",
): Promise<void> {
  const source = await makeSource(folder);
  const events: BackupEvent[] = [];
  const report = await repository.backup(
    { "tree.pxar": source, "disk.img": new URL(`file://${folder}/disk.raw`) },
    {
      id: "lib",
      changeDetection,
      time: new Date(1_700_000_000_000),
      onEvent: (e) => events.push(e),
    },
  );
  assertEquals(report.archives.length >= 2, true);
  assertEquals(events.filter(({ kind }) => kind === "archive-started").length, 2);

  assertEquals((await repository.groups()).map(({ id }) => id), ["lib"]);
  const snapshot = await repository.snapshot("host/lib/latest");
  assertEquals(snapshot.path, "host/lib/2023-11-14T22:13:20Z");
  assertEquals((await repository.snapshots("host/lib")).map(({ path }) => path), [snapshot.path]);

  await using archive = snapshot.archive("tree.pxar");
  const names = (await archive.list()).map(({ name, kind }) => `${kind} ${name}`).sort();
  assertEquals(names, ["directory many", "file a file [1].txt", "hardlink hard", "symlink soft"]);
  // Overlapping calls share their chunks.
  const texts = await Promise.all(
    Array.from({ length: 300 }, (_, i) => archive.readTextFile(`/many/${i}`)),
  );
  assertEquals(texts, Array.from({ length: 300 }, (_, i) => `file ${i}`));
  assertEquals(await archive.readTextFile("hard"), CONTENT);
  assertEquals((await archive.stat("soft")).target, "many/7");
  assertEquals(await new Response(archive.stream("/a file [1].txt")).text(), CONTENT);
  await assertRejects(() => archive.readFile("/none"), NotFoundError, 'no entry "/none"');
  await assertRejects(() => archive.list("/hard"), NotFoundError, "not a directory");

  await using disk = snapshot.archive("disk.img");
  assertEquals(new Uint8Array(await new Response(disk.stream()).arrayBuffer()), image());
  await assertRejects(() => disk.list(), UsageError, "not a file archive");

  const restored = await archive.restore(`${folder}/out`, { patterns: ["many/1*"] });
  assertEquals(restored.files, 111);
  await assertRejects(() => repository.snapshot("host/none"), NotFoundError);
  await assertRejects(() => repository.snapshot("lib"), UsageError);
}

Deno.test("the library backs up into a directory, looks inside and restores", async () => {
  await using dir = await TempDir.make("/dev/shm");
  for (const mode of ["legacy", "data"] as const) {
    const folder = `${dir.path}/${mode}`;
    await Deno.mkdir(folder);
    await using repository = await openRepository(`${folder}/store`, { create: true });
    await backUpAndLookInside(repository, folder, mode);
  }
});

Deno.test("the library reads encrypted snapshots with the key, and says so without", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const { path } = dir;
  const keyFile = `${path}/key.json`;
  await runClient(["key", "create", keyFile, "--kdf", "none"]);
  {
    await using repository = await openRepository(`${path}/store`, {
      create: true,
      encryption: { keyFile },
    });
    await backUpAndLookInside(repository, path, "data");
  }
  await using repository = await openRepository(`${path}/store`);
  await using archive = (await repository.snapshot("host/lib")).archive("tree.pxar");
  await assertRejects(() => archive.list(), KeyError);
});

Deno.test("the library speaks to a server", async () => {
  await using dir = await TempDir.make("/dev/shm");
  await using server = await ServerProcess.start();
  const { PBS_REPOSITORY, PBS_PASSWORD, PBS_FINGERPRINT } = server.clientEnvironment;
  await using repository = await openRepository(PBS_REPOSITORY!, {
    password: PBS_PASSWORD!,
    fingerprint: PBS_FINGERPRINT!,
  });
  await backUpAndLookInside(repository, dir.path, "legacy");
});

Deno.test("a damaged chunk is an error of the file in it, and the archive stays usable", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const { path } = dir;
  await Deno.writeFile(`${path}/disk.raw`, image());
  await using repository = await openRepository(`${path}/store`, { create: true });
  await repository.backup({ "disk.img": `${path}/disk.raw` }, { id: "lib" });
  const chunk = await largestChunk(`${path}/store/.chunks`);
  const stored = await Deno.readFile(chunk);
  await Deno.writeFile(chunk, stored.map((byte, i) => i === stored.length - 1 ? byte ^ 1 : byte));
  await using disk = (await repository.snapshot("host/lib")).archive("disk.img");
  await assertRejects(() => new Response(disk.stream()).arrayBuffer(), CorruptDataError);
  await Deno.writeFile(chunk, stored);
  assertEquals(new Uint8Array(await new Response(disk.stream()).arrayBuffer()), image());
});

Deno.test("the library leaves out what marks, sizes and lists say", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const source = `${dir.path}/source`;
  for (const folder of ["marked", "other/deep"]) {
    await Deno.mkdir(`${source}/${folder}`, { recursive: true });
    await Deno.writeTextFile(`${source}/${folder}/file`, "1234");
  }
  await Deno.writeTextFile(`${source}/marked/.nobackup`, "");
  await Deno.writeTextFile(`${source}/other/large`, "12345");
  await using repository = await openRepository(`${dir.path}/store`, { create: true });
  const lines: string[] = [];
  const leaveOut = {
    ifPresent: [".nobackup"],
    largerThanBytes: 4,
    allBut: ["marked", `${source}/other`, "gone"],
  };
  const report = await repository.backup({ "tree.pxar": source }, {
    id: "lib",
    leaveOut,
    onEvent: (event) => event.kind === "message" && lines.push(event.text),
  });
  assertEquals([report.files, report.directories, report.warnings], [2, 4, 1]);
  assertEquals(lines.filter((line) => line.includes("gone")).length, 1);
  await using archive = (await repository.snapshot("host/lib")).archive("tree.pxar");
  const names = async (path: string) => (await archive.list(path)).map(({ name }) => name);
  assertEquals([await names("marked"), await names("other")], [[".nobackup"], ["deep"]]);
  for (const wrong of [{ ifPresent: ["a/b"] }, { largerThanBytes: NaN }, { allBut: [] }]) {
    const refused = repository.backup({ "tree.pxar": source }, { leaveOut: wrong });
    await assertRejects(() => refused, UsageError);
  }
});

async function largestChunk(folder: string): Promise<string> {
  let largest = { path: "", size: 0 };
  for await (const { name } of Deno.readDir(folder)) {
    for await (const chunk of Deno.readDir(`${folder}/${name}`)) {
      const path = `${folder}/${name}/${chunk.name}`;
      const { size } = await Deno.stat(path);
      if (size > largest.size) largest = { path, size };
    }
  }
  return largest.path;
}

testWithPeers(
  "the library works with a bucket, whose keys it is given",
  ["versitygw"],
  async () => {
    await using bucket = await ServedBucket.start();
    await using dir = await TempDir.make("/dev/shm");
    const { accessKey, secretKey } = bucket.server.options;
    const address = bucket.address("tank");
    await assertRejects(() => openRepository(address), AuthError, "give bucketKeys");
    const options = { bucketKeys: { accessKey, secretKey } };
    await assertRejects(() => openRepository(address, options), NotFoundError, "no datastore");
    const wrong = { bucketKeys: { accessKey, secretKey: "wrong" } };
    await assertRejects(() => openRepository(address, wrong), AuthError, "secret key");
    const source = `${dir.path}/source`;
    await Deno.mkdir(source);
    await Deno.writeTextFile(`${source}/file`, CONTENT);
    {
      await using repository = await openRepository(address, { ...options, create: true });
      assertEquals(repository.name, address);
      await repository.backup({ "tree.pxar": source }, { id: "lib" });
    }
    await using repository = await openRepository(address, options);
    await using archive = (await repository.snapshot("host/lib/latest")).archive("tree.pxar");
    assertEquals(await archive.readTextFile("/file"), CONTENT);
  },
);

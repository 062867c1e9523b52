import { assert, assertEquals, assertMatch } from "@std/assert";
import { assertFailure, assertOk } from "../support/assert_run.ts";
import {
  clientCommand,
  type ClientRun,
  runClient,
  runClientOk,
  spawnClient,
} from "../support/run_client.ts";
import { runPeer } from "../support/run_peer.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testWithPeers } from "../support/with_peers.ts";

const CHUNK = 4 << 20;

/** A folder for sources and targets, and a datastore. */
class Place implements AsyncDisposable {
  readonly path: string;
  readonly at: readonly string[];
  #time = 1_700_000_000;

  private constructor(readonly dir: TempDir, readonly storeDir: TempDir) {
    this.path = dir.path;
    this.at = ["--repository", `${storeDir.path}/store`];
  }

  static async make(): Promise<Place> {
    return new Place(await TempDir.make(), await TempDir.make("/dev/shm"));
  }

  backupArguments(...specs: string[]): string[] {
    const time = `${this.#time++}`;
    return [
      "backup",
      ...specs,
      ...this.at,
      "--init",
      "--backup-id",
      "test",
      "--backup-time",
      time,
    ];
  }

  backup(...specs: string[]): Promise<ClientRun> {
    return runClient(this.backupArguments(...specs));
  }

  restore(archive: string, target: string): Promise<ClientRun> {
    return runClient(["restore", "host/test", archive, target, ...this.at]);
  }

  /** Restores to a new file and fails unless it equals another one. */
  async assertRestores(archive: string, expected: string): Promise<string> {
    const target = `${this.path}/restored-${archive}`;
    await runPeer("rm", ["-f", target]);
    assertOk(await this.restore(archive, target));
    assertEquals(await runPeer("cmp", [expected, target]), "");
    return target;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.storeDir[Symbol.asyncDispose]();
    await this.dir[Symbol.asyncDispose]();
  }
}

/** Makes a file of noise, with holes in it, that ends in the middle of a chunk. */
async function makeImage(path: string): Promise<void> {
  await runPeer("bash", [
    "-e",
    "-c",
    `truncate -s 41943041 '${path}'
     head -c 5000000 /dev/urandom | dd of='${path}' conv=notrunc status=none
     head -c 3000 /dev/urandom | dd of='${path}' conv=notrunc bs=1 seek=25000000 status=none`,
  ]);
}

Deno.test("images of any length come back, zeros as holes", async () => {
  await using place = await Place.make();
  const { path } = place;
  for (const size of [1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK]) {
    await runPeer("bash", ["-c", `head -c ${size} /dev/urandom > ${path}/s${size}`]);
  }
  await makeImage(`${path}/sparse`);
  const names = [...Deno.readDirSync(path)].map(({ name }) => name);
  assertOk(await place.backup(...names.map((name) => `${name}.img:${path}/${name}`)));
  for (const name of names) await place.assertRestores(`${name}.img`, `${path}/${name}`);
  const { blocks, size } = Deno.statSync(`${path}/restored-sparse.img`);
  assertEquals(size, 41943041);
  // Four of eleven chunks hold something.
  assert(blocks! * 512 <= 4 * CHUNK, `${blocks} blocks`);
});

testWithPeers("a block device is read whole, and comes back", ["losetup"], async () => {
  await using place = await Place.make();
  const image = `${place.path}/disk`;
  await makeImage(image);
  await runPeer("truncate", ["-s", "40M", image]);
  const device = (await runPeer("losetup", ["--find", "--show", "--read-only", image])).trim();
  try {
    assertOk(await place.backup(`disk.img:${device}`));
    await place.assertRestores("disk.img", image);
    // Disks are not written over; that is what a pipe is for.
    assertFailure(await place.restore("disk.img", device), /File exists/);
  } finally {
    await runPeer("losetup", ["--detach", device]);
  }
});

Deno.test("a pipe of unknown length is stored until it ends", async () => {
  await using place = await Place.make();
  const source = `${place.path}/source`;
  await makeImage(source);
  const fifo = `${place.path}/fifo`;
  await runPeer("mkfifo", [fifo]);
  const child = spawnClient(place.backupArguments(`pipe.img:${fifo}`), { output: "piped" });
  // In small pieces, as pipes give them.
  await runPeer("dd", [`if=${source}`, `of=${fifo}`, "bs=70000", "status=none"]);
  const { code, stderr } = await child.output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  await place.assertRestores("pipe.img", source);
  // The standard input as well.
  const content = new TextEncoder().encode("from standard input\n");
  const args = place.backupArguments("pipe.img:/dev/stdin");
  assertOk(await runClient(args, { stdin: content }));
  await Deno.writeFile(`${place.path}/content`, content);
  await place.assertRestores("pipe.img", `${place.path}/content`);
  const nothing = await runClient(place.backupArguments("pipe.img:/dev/stdin"), {
    stdin: new Uint8Array(),
  });
  assertFailure(nothing, /pipe\.img|empty|zero|at least|no data/i);
  const twice = await place.backup(`a.img:${fifo}`, `b.img:${fifo}`);
  assertFailure(twice, /got duplicate pipe/);
});

Deno.test("images are read two at a time, and told of one after the other", async () => {
  await using place = await Place.make();
  const { path } = place;
  await runPeer("bash", [
    "-e",
    "-c",
    `cd '${path}' && mkfifo first second && for i in 1 2 3; do head -c 9000000 /dev/urandom > $i; done`,
  ]);
  const specs = [`a.img:${path}/first`, `b.img:${path}/second`, `c.img:${path}/3`];
  const child = spawnClient(place.backupArguments(...specs), { output: "piped" });
  // The second has to be read to its end before the first begins to say something.
  await runPeer("bash", [
    "-c",
    `cat '${path}/2' > '${path}/second'; cat '${path}/1' > '${path}/first'`,
  ]);
  const { code, stderr } = await child.output();
  const log = new TextDecoder().decode(stderr);
  assertEquals(code, 0, log);
  const told = log.matchAll(/^(?:Upload image '.*' to '.*' as (.*)|(.*): had to backup.*)$/gm);
  assertEquals(
    [...told].map(([, started, finished]) => started ?? finished),
    ["a.img.fidx", "a.img", "b.img.fidx", "b.img", "c.img.fidx", "c.img"],
  );
  const manifest = await place.restore("index.json", "-");
  const names = JSON.parse(manifest.stdout).files.map((file: { filename: string }) =>
    file.filename
  );
  assertEquals(names, ["a.img.fidx", "b.img.fidx", "c.img.fidx"]);
  for (const [name, file] of [["a", "1"], ["b", "2"], ["c", "3"]]) {
    await place.assertRestores(`${name}.img`, `${path}/${file}`);
  }
});

Deno.test("an image goes to the standard output, and to no file that exists", async () => {
  await using place = await Place.make();
  const source = `${place.path}/source`;
  await makeImage(source);
  assertOk(await place.backup(`disk.img:${source}`));
  const command = clientCommand(["restore", "host/test", "disk.img", "-", ...place.at]);
  const quoted = command.map((word) => `'${word}'`).join(" ");
  await runPeer("bash", [
    "-e",
    "-o",
    "pipefail",
    "-c",
    `${quoted} 2>/dev/null | cmp - '${source}'`,
  ]);
  await Deno.writeTextFile(`${place.path}/mine`, "mine");
  assertFailure(
    await place.restore("disk.img", `${place.path}/mine`),
    /unable to create target file ".*\/mine" - File exists \(os error 17\)/,
  );
  assertEquals(await Deno.readTextFile(`${place.path}/mine`), "mine");
  assertFailure(await place.restore("disk.img", place.path), /File exists/);
  assertFailure(await place.restore("disk.img", "/dev/null"), /File exists/);
  assertFailure(await place.restore("disk.img", `${place.path}/no/where`), /No such file/);
});

Deno.test("a damaged image leaves no file behind", async () => {
  await using place = await Place.make();
  await runPeer("bash", ["-c", `head -c 20000000 /dev/urandom > ${place.path}/source`]);
  assertOk(await place.backup(`disk.img:${place.path}/source`));
  const index = await runPeer("find", [place.storeDir.path, "-name", "disk.img.fidx"]);
  // The digest of the third chunk.
  const bytes = await Deno.readFile(index.trim());
  const digest = bytes.subarray(4096 + 64, 4096 + 96).toHex();
  await Deno.remove(`${place.at[1]}/.chunks/${digest.slice(0, 4)}/${digest}`);
  const run = await place.restore("disk.img", `${place.path}/out`);
  assertFailure(run, new RegExp(`disk\\.img\\.fidx.*${digest}`));
  assertEquals([...Deno.readDirSync(place.path)].map(({ name }) => name), ["source"]);
});

Deno.test("small files come back whole and are not written over", async () => {
  await using place = await Place.make();
  const { path } = place;
  await Deno.writeTextFile(`${path}/app.conf`, "[section]\nkey = value\n".repeat(1000));
  await Deno.writeTextFile(`${path}/empty`, "");
  await runPeer("bash", ["-c", `head -c 300000 /dev/urandom > ${path}/noise`]);
  assertOk(
    await place.backup(
      `app.conf:${path}/app.conf`,
      `app.log:${path}/noise`,
      `empty.conf:${path}/empty`,
    ),
  );
  await place.assertRestores("app.conf", `${path}/app.conf`);
  await place.assertRestores("app.conf.blob", `${path}/app.conf`);
  await place.assertRestores("app.log", `${path}/noise`);
  await place.assertRestores("empty.conf", `${path}/empty`);
  assertEquals((await Deno.stat(`${path}/restored-app.conf`)).mode! & 0o777, 0o644);
  assertFailure(await place.restore("app.conf", `${path}/app.conf`), /File exists \(os error 17\)/);
  const output = assertOk(await place.restore("app.conf", "-"));
  assertEquals(output.stdout, await Deno.readTextFile(`${path}/app.conf`));
});

Deno.test("sources of the wrong kind are refused before anything is stored", async () => {
  await using place = await Place.make();
  const { path } = place;
  await Deno.mkdir(`${path}/dir`);
  await Deno.writeTextFile(`${path}/file`, "x");
  await Deno.writeTextFile(`${path}/empty`, "");
  for (
    const [spec, expected] of [
      [`x.img:${path}/dir`, /expected file, block device, or fifo/],
      [`x.img:/dev/zero`, /expected file, block device, or fifo/],
      [`x.img:${path}/empty`, /got zero-sized file/],
      [`x.pxar:${path}/file`, /unexpected file type \(expected directory\)/],
      [`x.conf:${path}/dir`, /unexpected file type \(expected regular file\)/],
      [`x.log:/dev/null`, /unexpected file type \(expected regular file\)/],
      [`x.conf:${path}/nothing`, /unable to access '.*nothing'/],
    ] as const
  ) assertFailure(await place.backup(spec), expected);
  const twice = await place.backup(`x.conf:${path}/file`, `x.conf:${path}/file`);
  assertFailure(twice, /got target twice: 'x\.conf'/);
  assertEquals([...Deno.readDirSync(place.storeDir.path)], []);
});

Deno.test("a datastore on a read-only file system can be listed, verified and restored from", async () => {
  await using place = await Place.make();
  await makeImage(`${place.path}/image`);
  await Deno.mkdir(`${place.path}/tree`);
  await Deno.writeTextFile(`${place.path}/tree/file`, "read only\n");
  assertOk(
    await place.backup(`tree.pxar:${place.path}/tree`, `disk.img:${place.path}/image`),
  );
  const mounted = `${place.path}/mounted`;
  await Deno.mkdir(mounted);
  await runPeer("mount", ["--bind", place.at[1]!, mounted]);
  try {
    await runPeer("mount", ["-o", "remount,ro,bind", mounted]);
    const at = ["--repository", mounted];
    const list = await runClientOk(["snapshot", "list", ...at, "--output-format", "json"]);
    assertEquals(JSON.parse(list.stdout).length, 1);
    const target = `${place.path}/out`;
    await runClientOk(["restore", "host/test", "tree.pxar", target, ...at]);
    assertEquals(await Deno.readTextFile(`${target}/file`), "read only\n");
    await runClientOk(["restore", "host/test", "disk.img", `${place.path}/out.img`, ...at]);
    const verify = await runClientOk(["datastore", "verify", mounted]);
    assertMatch(verify.stdout, /cannot record the result.*Read-only file system/);
    assertFailure(
      await runClient(["backup", `tree.pxar:${place.path}/tree`, ...at]),
      /Read-only file system/,
    );
    assertFailure(await runClient(["garbage-collect", ...at]), /Read-only file system/);
  } finally {
    await runPeer("umount", [mounted]);
  }
});

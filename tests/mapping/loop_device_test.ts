import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { escapeUnitName } from "../../lib/mapping/mod.ts";
import { chunkInMiddle } from "../support/chunk_in_middle.ts";
import { eventually } from "../support/eventually.ts";
import { MappedImages } from "../support/mapped_images.ts";
import { runPeer } from "../support/run_peer.ts";

const MEBIBYTE = 1024 * 1024;

/** Bytes that differ everywhere, with a stretch of zeros that fills a chunk in the middle. */
function image(size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  const words = new Uint32Array(bytes.buffer, 0, Math.floor(size / 4));
  for (let i = 0, state = 1; i < words.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    words[i] = state;
  }
  bytes.fill(0xa7, words.length * 4);
  return bytes.fill(0, 4 * MEBIBYTE, Math.min(size, 8 * MEBIBYTE));
}

/** A table with two partitions, as fdisk of old writes it. */
function withPartitions(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer);
  bytes.fill(0, 446, 512);
  for (const [at, start, sectors] of [[446, 2048, 2048], [462, 20480, 100]] as const) {
    bytes[at + 4] = 0x83;
    view.setUint32(at + 8, start, true);
    view.setUint32(at + 12, sectors, true);
  }
  view.setUint16(510, 0xaa55, true);
  return bytes;
}

Deno.test("a mapped image is a read-only block device with the image's bytes and partitions", async () => {
  await using images = await MappedImages.create();
  const source = await images.backUp("a", withPartitions(image(13 * MEBIBYTE)));
  const device = await images.map("a");
  await runPeer("cmp", [device, source]);
  assertEquals((await runPeer("blockdev", ["--getro", device])).trim(), "1");
  assertEquals((await runPeer("cat", [`/sys/block/${device.slice(5)}/loop/partscan`])).trim(), "1");
  // Kernels that know no partition tables leave them to others.
  await runPeer("partx", ["--update", device]);
  await runPeer("cmp", ["--ignore-initial=0:1048576", "--bytes=1048576", `${device}p1`, source]);
  await runPeer("cmp", ["--ignore-initial=0:10485760", "--bytes=51200", `${device}p2`, source]);
  await runPeer("partx", ["--delete", device]);
  // The device, its number, and the end of its name.
  const ways: ((device: string) => string)[] = [
    (device) => device,
    (device) => device.replace(/\D+/, ""),
    () => "a/disk.img",
  ];
  for (const [position, way] of ways.entries()) {
    const mapped = position === 0 ? device : await images.map("a");
    assertEquals(await images.listed(), [`${mapped}:\t${images.store}:host/a/disk.img`]);
    const { code, stderr } = await images.run(["unmap", way(mapped)]);
    assertEquals([code, stderr], [0, ""]);
    assertEquals(await images.left(), "");
  }
  assertEquals(await images.listed(), ["Nothing mapped."]);
});

Deno.test("of an image that is no multiple of a sector the device shows whole sectors, the file everything", async () => {
  await using images = await MappedImages.create();
  const size = 9 * MEBIBYTE + 4096 + 512 + 7;
  const source = await images.backUp("odd", image(size));
  const { stderr, code } = await images.run(["map", "host/odd", "disk.img"]);
  assertEquals(code, 0, stderr);
  assertStringIncludes(stderr, "it does not show the last 7 of the image; --file PATH does");
  const device = / mapped on (\S+)$/m.exec(stderr)![1]!;
  assertEquals(await runPeer("blockdev", ["--getsize64", device]), `${size - 7}\n`);
  await runPeer("cmp", [`--bytes=${size - 7}`, device, source]);
  // The file behind it has the whole image, whatever the size of reads.
  const behind = "/run/pbs-loopdev/$(ls /run/pbs-loopdev | grep img$)";
  const check =
    `stat -c '%a %s' ${behind} && cmp ${behind} ${source} && tail -c 3 ${behind} | wc -c`;
  assertEquals(await images.namespace.run("sh", "-c", check), `0 ${size}\n3\n`);
  const place = `${images.dir.path}/shown.img`;
  assertEquals(await images.map("odd", "--file", place), place);
  await images.namespace.run("cmp", place, source);
  assertEquals((await images.run(["unmap", place])).code, 0);
  // It was made for the mapping.
  assertEquals(await images.namespace.run("ls", images.dir.path), "odd.raw\nstore\n");
});

Deno.test("eight random readers of an encrypted image get the image's bytes", async () => {
  await using images = await MappedImages.create();
  const key = `${images.dir.path}/key`;
  assertEquals((await images.run(["key", "create", key, "--kdf", "none"])).code, 0);
  const source = await images.backUp("e", image(21 * MEBIBYTE), "--keyfile", key);
  const refused = await images.run(["map", "host/e", "disk.img"]);
  assertEquals(refused.code, 255);
  assertStringIncludes(refused.stderr, "missing key");
  const { stderr } = await images.run(["map", "host/e", "disk.img", "--keyfile", key]);
  assertStringIncludes(
    stderr,
    `Using encryption key from '${key}'..\nEncryption key fingerprint: '`,
  );
  const device = / mapped on (\S+)$/m.exec(stderr)![1]!;
  const reader = `
import os, random, sys
random.seed(int(sys.argv[3]))
device, source = (os.open(path, os.O_RDONLY) for path in sys.argv[1:3])
size = os.fstat(source).st_size
for _ in range(200):
    length = random.choice((1, 511, 4096, 5000, 300000))
    at = random.randrange(size)
    assert os.pread(device, length, at) == os.pread(source, length, at), (at, length)
`;
  await Promise.all(Array.from(
    { length: 8 },
    (_, seed) => runPeer("python3", ["-c", reader, device, source, `${seed}`]),
  ));
  assertEquals((await images.run(["unmap", "disk.img"])).code, 0);
});

Deno.test("a device that is in use is left alone, and a file system in an image can be mounted", async () => {
  await using images = await MappedImages.create();
  const [tree, raw] = [`${images.dir.path}/tree`, `${images.dir.path}/ext4`];
  await Deno.mkdir(tree);
  await Deno.writeTextFile(`${tree}/motd`, "hello\n");
  await runPeer("truncate", ["--size=8M", raw]);
  await runPeer("mkfs.ext4", ["-q", "-d", tree, raw]);
  await images.backUp("fs", await Deno.readFile(raw));
  const device = await images.map("fs");
  const { namespace } = images;
  await namespace.run("mount", "-o", "ro,noload", device, tree);
  assertEquals(await namespace.run("cat", `${tree}/motd`), "hello\n");
  const { code, stderr } = await images.run(["unmap", device]);
  assertEquals(code, 255);
  assertStringIncludes(stderr, `Error: ${device} is in use: unmount what is mounted from it first`);
  assertEquals(await namespace.run("cat", `${tree}/motd`), "hello\n");
  await namespace.run("umount", tree);
  assertEquals((await images.run(["unmap", device])).code, 0);
});

Deno.test("signals end a mapping, and what a killed process has left is cleared away", async () => {
  await using images = await MappedImages.create();
  const source = await images.backUp("a", image(5 * MEBIBYTE));
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    await using child = images.spawnMap("a");
    let said = "";
    let isAsked = false;
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
      said += text;
      if (isAsked || !/ mapped on \S+\n/.test(said)) continue;
      isAsked = true;
      Deno.kill((await images.owners())[0]!, signal);
    }
    assertEquals((await child.status).code, 0, said);
    assert(said.endsWith("Image unmapped\n"), said);
    assertEquals(await images.left(), "");
  }
  await images.map("a");
  Deno.kill((await images.owners())[0]!, "SIGKILL");
  const listed = await images.listed();
  assertEquals(listed, [
    `Cleared away what was left of '${images.store}:host/a/disk.img'`,
    "Nothing mapped.",
  ]);
  assertEquals(await images.left(), "");
  // The next mapping clears away as well.
  await images.map("a");
  Deno.kill((await images.owners())[0]!, "SIGKILL");
  const device = await images.map("a");
  await runPeer("cmp", [device, source]);
  // Somebody took the device away.
  await runPeer("losetup", ["--detach", device]);
  assertEquals((await images.listed()).at(-1), "Nothing mapped.");
  assertEquals(await images.owners(), []);
  // No device shows what was mapped.
  const own = escapeUnitName(images.store);
  await eventually(async () => assert(!(await runPeer("losetup", ["--all"])).includes(own)));
});

Deno.test("without loop devices the way out is named, and nothing is left", async () => {
  await using images = await MappedImages.create();
  await images.backUp("a", image(MEBIBYTE));
  const hideDevices = `
    mkdir -p /run/dev/shm && mknod /run/dev/null c 1 3
    mount --bind /dev/shm /run/dev/shm && mount --rbind /run/dev /dev`;
  await images.namespace.run("sh", "-ec", hideDevices);
  const { code, stderr } = await images.run(["map", "host/a", "disk.img"]);
  assertEquals(code, 255);
  assertStringIncludes(
    stderr,
    'Error: loop devices are not available ("/dev/loop-control": No such',
  );
  assertStringIncludes(stderr, "Hint: --file PATH shows the image as a file");
  await images.namespace.run("test", "!", "-e", "/run/pbs-loopdev");
});

Deno.test("a damaged chunk costs its own bytes, and is named once", async () => {
  await using images = await MappedImages.create();
  const source = await images.backUp("a", image(13 * MEBIBYTE));
  const chunk = await chunkInMiddle(images.store, "disk.img.fidx");
  const bytes = await Deno.readFile(chunk);
  bytes[5000]! ^= 1;
  await Deno.writeFile(chunk, bytes);
  const digest = chunk.slice(chunk.lastIndexOf("/") + 1);
  const reader = `
import os, sys
device, source = (os.open(path, os.O_RDONLY) for path in sys.argv[1:3])
failed = []
for at in range(0, os.fstat(source).st_size, 65536):
    try: assert os.pread(device, 65536, at) == os.pread(source, 65536, at), at
    except OSError: failed.append(at)
print(len(failed) * 65536, failed[0] % 4194304, failed[-1] - failed[0])
`;
  const place = `${images.dir.path}/shown.img`;
  const words = ["map", "host/a", "disk.img", "--file", place, "--verbose"];
  await using child = images.spawn(words);
  let said = "";
  let isRead = false;
  for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
    said += text;
    if (isRead || !said.includes(" mapped on ")) continue;
    isRead = true;
    const found = await images.namespace.run("python3", "-c", reader, place, source);
    assertEquals(found, `${4 * MEBIBYTE} 0 ${4 * MEBIBYTE - 65536}\n`);
    const { code, stderr } = await images.run(["unmap", place]);
    assertEquals(code, 0, stderr);
  }
  assert(isRead, said);
  assertEquals(said.split(`chunk ${digest} is damaged`).length, 2, said);
  assertEquals((await child.status).code, 0);
});

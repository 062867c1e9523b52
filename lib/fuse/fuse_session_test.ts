import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { TempDir } from "../../tests/support/temp_dir.ts";
import { NotFoundError, SystemError, UsageError } from "../errors/mod.ts";
import { FuseSession, type NodeAttributes, type NodeId, ROOT_NODE } from "./mod.ts";
import type { FolderEntry, ReadOnlyFileSystem } from "./mod.ts";

const FILES = 3000;
const EIO = 5;
const text = (value: string) => new TextEncoder().encode(value);

function attributesOf(mode: number, size = 0): NodeAttributes {
  return {
    mode,
    links: 1,
    uid: 4_000_000_000,
    gid: 7,
    size,
    mtimeSecs: -1,
    mtimeNanos: 123_456_789,
    ...(mode === 0o020600 ? { major: 511, minor: 1_000_000 } : {}),
  };
}

/** A folder of {@linkcode FILES} files, a link, a device and a file that cannot be read. */
class SmallTree implements ReadOnlyFileSystem {
  readonly calls: string[] = [];

  #attributes(node: NodeId): NodeAttributes {
    if (node === ROOT_NODE) return attributesOf(0o040755);
    if (node === 2n) return attributesOf(0o120777, 6);
    if (node === 3n) return attributesOf(0o020600);
    return attributesOf(0o100640, 300_000);
  }

  #names(): [Uint8Array, NodeId][] {
    return [
      [text("link"), 2n],
      [text("device"), 3n],
      [text("bad"), 4n],
      [new Uint8Array([0xff, 0x0a, 0x20]), (1n << 63n) | 5n],
      ...Array.from({ length: FILES }, (_, i): [Uint8Array, NodeId] => [
        text(`file${i}`),
        BigInt(1000 + i),
      ]),
    ];
  }

  lookup(parent: NodeId, name: Uint8Array) {
    assertEquals(parent, ROOT_NODE);
    const found = this.#names().find(([known]) => known.toString() === name.toString());
    return found && { node: found[1], attributes: this.#attributes(found[1]) };
  }

  attributes(node: NodeId) {
    return { attributes: this.#attributes(node) };
  }

  readFolder(_node: NodeId, cursor: number, show: (entry: FolderEntry) => boolean) {
    const names = this.#names();
    for (let i = cursor; i < names.length; i++) {
      const [name, node] = names[i]!;
      if (!show({ name, node, attributes: this.#attributes(node), next: i + 1 })) break;
    }
    return Promise.resolve();
  }

  async read(node: NodeId, offset: number, length: number) {
    this.calls.push(`read ${node}`);
    await Promise.resolve();
    if (node === 4n) throw new SystemError(EIO, "damaged");
    const size = Math.max(0, Math.min(length, 300_000 - offset));
    return new Uint8Array(size).map((_, i) => (offset + i) % 251);
  }

  readLink = () => text("target");
  listXattrs = () => [text("user.one"), text("user.two")];
  readXattr = (_node: NodeId, name: Uint8Array) =>
    new TextDecoder().decode(name) === "user.one" ? text("value") : undefined;
  statistics = () => ({ sizeBytes: 1_000_000, files: FILES });
}

async function output(command: string, ...args: string[]): Promise<string> {
  const { stdout, stderr } = await new Deno.Command(command, { args }).output();
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}

Deno.test("a file system of our own is read through the kernel like any other", async () => {
  await using temp = await TempDir.make();
  const files = new SmallTree();
  const failures: string[] = [];
  const session = await FuseSession.mount({
    fileSystem: files,
    mountPoint: temp.path,
    onFailure: (operation, error) => failures.push(`${operation} ${error}`),
  });
  try {
    const names = (await Array.fromAsync(Deno.readDir(temp.path))).map(({ name }) => name);
    assertEquals(names.length, FILES + 4);
    assertEquals(new Set(names).size, FILES + 4);
    assertEquals(
      await output("stat", "-c", "%f %u %g %s %b %h %i %.Y", join(temp.path, "file7")),
      "81a0 4000000000 7 300000 586 1 1007 -0.876543211\n",
    );
    assertEquals(
      await output("stat", "-c", "%F %Hr %Lr", join(temp.path, "device")),
      "character special file 511 1000000\n",
    );
    assertEquals(await Deno.readLink(join(temp.path, "link")), "target");
    const expected = new Uint8Array(300_000).map((_, i) => i % 251);
    const several = [1, 2, 3, 4, 5, 6, 7, 8];
    const read = await Promise.all(several.map((i) => Deno.readFile(join(temp.path, `file${i}`))));
    for (const bytes of read) assertEquals(bytes, expected);
    const before = files.calls.length;
    assertEquals(await Deno.readFile(join(temp.path, "file1")), expected);
    assertEquals(files.calls.length, before, "the kernel keeps what it read");
    await assertRejects(() => Deno.readFile(join(temp.path, "bad")), Error, "os error 5");
    assert(failures.some((line) => line.includes("damaged")));
    await assertRejects(() => Deno.lstat(join(temp.path, "none")), Deno.errors.NotFound);
    await assertRejects(() => Deno.writeTextFile(join(temp.path, "new"), ""), Error, "os error 30");
    const attribute = (name: string) =>
      output("getfattr", "--absolute-names", "--only-values", "-n", name, join(temp.path, "file1"));
    assertEquals(await attribute("user.one"), "value");
    assert((await attribute("user.two")).includes("No such attribute"));
  } finally {
    assertEquals(await session.unmount(), "unmounted");
  }
  assertEquals(await Array.fromAsync(Deno.readDir(temp.path)), []);
});

Deno.test("a file system of one file is mounted on a file", async () => {
  await using temp = await TempDir.make();
  const path = join(temp.path, "image");
  await Deno.writeTextFile(path, "");
  await using session = await FuseSession.mount({
    mountPoint: path,
    source: "a,b\\c",
    fileSystem: {
      lookup: () => undefined,
      attributes: () => ({ attributes: attributesOf(0o100400, 10_001) }),
      readFolder: () => Promise.resolve(),
      read: (_node, offset, length) =>
        new Uint8Array(Math.min(length, 10_001 - offset)).map((_, i) => (offset + i) >> 12),
    },
  });
  const bytes = await Deno.readFile(path);
  assertEquals([bytes.length, bytes[0], bytes[4096], bytes[10_000]], [10_001, 0, 1, 2]);
  const [, line] = (await Deno.readTextFile("/proc/self/mounts"))
    .match(new RegExp(`(.* ${path} fuse ro,.*)`))!;
  assertEquals(line!.split(" ")[0], "a,b\\134c");
  assertEquals(await session.unmount(), "unmounted");
  assertEquals(await Deno.readTextFile(path), "");
});

Deno.test("a mount ends when somebody else unmounts it, and is detached while it is used", async () => {
  await using temp = await TempDir.make();
  const mount = () => FuseSession.mount({ fileSystem: new SmallTree(), mountPoint: temp.path });
  const first = await mount();
  assertEquals(await output("fusermount3", "-u", temp.path), "");
  await first.ended;
  const second = await mount();
  const file = await Deno.open(join(temp.path, "file1"));
  assertEquals(await second.unmount(), "detached");
  assertEquals(await Array.fromAsync(Deno.readDir(temp.path)), []);
  assertEquals(await file.read(new Uint8Array(10)), 10);
  file.close();
  await second.ended;
});

Deno.test("a mount point that does not exist, or is of another kind, is named", async () => {
  const mount = (mountPoint: string) =>
    FuseSession.mount({ fileSystem: new SmallTree(), mountPoint });
  await assertRejects(() => mount("/no/where"), NotFoundError, '"/no/where" does not exist');
  await assertRejects(() => mount("/dev/null"), UsageError, '"/dev/null" is no folder');
});

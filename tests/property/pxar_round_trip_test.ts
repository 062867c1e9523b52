import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { bytesEqual } from "../../lib/bytes/mod.ts";
import {
  type Acl,
  decodeArchive,
  type EntryMetadata,
  metadataEqual,
  PxarAccessor,
  PxarEncoder,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFLNK,
  S_IFREG,
  S_IFSOCK,
} from "../../lib/pxar/mod.ts";
import { PxarMemorySink } from "../support/pxar_memory_sink.ts";
import {
  latin1,
  memoryAccess,
  piecewise,
  readRandomly,
  readSequentially,
} from "../support/pxar_read.ts";
import { Reencoder } from "../support/pxar_reencode.ts";
import type { EncodedArchive } from "../support/pxar_vectors.ts";

interface Leaf {
  kind: "file" | "symlink" | "hardlink" | "device" | "fifo" | "socket";
  metadata: EntryMetadata;
  bytes: Uint8Array;
  numbers: [number, number];
}

interface Node {
  name: Uint8Array;
  content: Leaf | { metadata: EntryMetadata; children: Node[] };
}

const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const permissions = fc.integer({ min: 0, max: 7 });
const bytes = (minLength: number, maxLength: number, min = 0) =>
  fc.array(fc.integer({ min, max: 255 }), { minLength, maxLength })
    .map((list) => new Uint8Array(list));
const aclEntries = fc.array(fc.record({ id: u32, permissions }), { maxLength: 3 });
const unset = fc.option(permissions, { nil: undefined });
const acl: fc.Arbitrary<Acl> = fc.record({
  users: aclEntries,
  groups: aclEntries,
  groupObject: unset,
  default: fc.option(fc.record({ user: unset, group: unset, other: unset, mask: unset }), {
    nil: undefined,
  }),
  defaultUsers: aclEntries,
  defaultGroups: aclEntries,
});
const metadata: fc.Arbitrary<EntryMetadata> = fc.record({
  mode: fc.integer({ min: 0, max: 0o7777 }),
  uid: u32,
  gid: u32,
  mtimeSecs: fc.oneof(fc.maxSafeInteger(), fc.integer()),
  mtimeNanos: fc.integer({ min: 0, max: 999_999_999 }),
  flags: u32,
  xattrs: fc.option(
    fc.array(fc.record({ name: bytes(1, 20, 1), value: bytes(0, 40) }), { maxLength: 3 }),
    { nil: undefined },
  ),
  acl: fc.option(acl, { nil: undefined }),
  fcaps: fc.option(bytes(0, 24), { nil: undefined }),
  projectId: fc.option(fc.maxSafeNat(), { nil: undefined }),
});
const TYPES = {
  file: S_IFREG,
  symlink: S_IFLNK,
  hardlink: S_IFREG,
  device: S_IFCHR,
  fifo: S_IFIFO,
  socket: S_IFSOCK,
};
const leaf: fc.Arbitrary<Leaf> = fc.record({
  kind: fc.constantFrom("file", "file", "symlink", "hardlink", "device", "fifo", "socket"),
  metadata,
  bytes: bytes(0, 100),
  numbers: fc.tuple(fc.maxSafeNat(), fc.maxSafeNat()),
});
const name = bytes(1, 12, 1).map((name) => name.map((byte) => byte === 0x2f ? 0x78 : byte))
  .filter((name) => !["..", "."].includes(latin1(name)));
const { children } = fc.letrec<{ children: Node[] }>((tie) => ({
  children: fc.uniqueArray(
    fc.record({
      name,
      content: fc.oneof(
        { depthSize: "small", withCrossShrink: true },
        leaf,
        fc.record({ metadata, children: tie("children") }),
      ),
    }),
    { selector: (node) => latin1(node.name), maxLength: 8 },
  ),
}));

interface Expected {
  path: string;
  kind: string;
  metadata: EntryMetadata | undefined;
  target?: Uint8Array;
  content?: Uint8Array;
  numbers?: [number, number];
}

function encodeTree(
  tree: Node[],
  root: EntryMetadata,
  version: number,
): { streams: EncodedArchive; expected: Expected[] } {
  const sink = new PxarMemorySink();
  const payload = version === 2 ? new PxarMemorySink() : undefined;
  const encoder = new PxarEncoder(sink, payload);
  const typed = (metadata: EntryMetadata, type: number) => ({
    ...metadata,
    mode: metadata.mode | type,
  });
  const rootMetadata = typed(root, S_IFDIR);
  const expected: Expected[] = [{ path: "", kind: "directory", metadata: rootMetadata }];
  let lastFile: { path: string; position: number } | undefined;
  encoder.startArchive(rootMetadata, version === 2 ? new Uint8Array([123, 125]) : undefined);
  const add = ({ name, content }: Node, prefix: string) => {
    const path = `${prefix}/${latin1(name)}`;
    if ("children" in content) {
      const metadata = typed(content.metadata, S_IFDIR);
      encoder.enterDirectory(name, metadata);
      expected.push({ path, kind: "directory", metadata });
      for (const child of content.children) add(child, path);
      encoder.leaveDirectory();
      return;
    }
    const { numbers } = content;
    let { kind } = content;
    if (kind === "hardlink" && lastFile === undefined) kind = "file";
    const block = kind === "device" && numbers[0] % 2 === 0;
    const metadata = typed(content.metadata, block ? S_IFBLK : TYPES[kind]);
    const text = content.bytes.length === 0
      ? new Uint8Array([97])
      : content.bytes.map((b) => b || 1);
    if (kind === "file") {
      lastFile = { path, position: encoder.addFileBytes(name, metadata, content.bytes) };
      expected.push({ path, kind, metadata, content: content.bytes });
    } else if (kind === "symlink") {
      encoder.addSymlink(name, metadata, text);
      expected.push({ path, kind, metadata, target: text });
    } else if (kind === "hardlink") {
      const target = Uint8Array.from(lastFile!.path.slice(1), (letter) => letter.charCodeAt(0));
      encoder.addHardlink(name, target, lastFile!.position);
      expected.push({ path, kind, metadata: undefined, target });
    } else {
      if (kind === "device") encoder.addDevice(name, metadata, ...numbers);
      else if (kind === "fifo") encoder.addFifo(name, metadata);
      else encoder.addSocket(name, metadata);
      expected.push({ path, kind, metadata, ...(kind === "device" ? { numbers } : {}) });
    }
  };
  for (const node of tree) add(node, "");
  encoder.finish();
  return { streams: { archive: sink.bytes(), payload: payload?.bytes() }, expected };
}

function assertFound(
  found: Awaited<ReturnType<typeof readSequentially>>,
  expected: Expected[],
): void {
  assertEquals(found.map(({ path }) => path), expected.map(({ path }) => path));
  expected.forEach((wanted, i) => {
    const { entry, content } = found[i]!;
    assertEquals(entry.kind, wanted.kind);
    assertEquals(entry.target, wanted.target);
    assertEquals(content, wanted.content);
    assertEquals([entry.major, entry.minor], wanted.numbers ?? [0, 0]);
    if (wanted.metadata === undefined) assertEquals(entry.metadata, undefined);
    else assertEquals(metadataEqual(entry.metadata!, wanted.metadata, true), true, wanted.path);
  });
}

Deno.test("archives of random trees read back equal, in pieces of any size, both ways, both versions", async () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(
      children,
      metadata,
      fc.constantFrom(1, 2),
      sizes,
      async (tree, root, version, sizes) => {
        const { streams, expected } = encodeTree(tree, root, version);
        let turn = 0;
        const pieceSize = () => sizes[turn++ % sizes.length]!;
        assertFound(await readSequentially(streams, pieceSize, { verify: true }), expected);
        const found = await readRandomly(streams);
        assertFound(found.sort((a, b) => a.entry.position - b.entry.position), expected);
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("archives of random trees encode to the same bytes after decoding", async () => {
  await fc.assert(
    fc.asyncProperty(
      children,
      metadata,
      fc.constantFrom<1 | 2>(1, 2),
      async (tree, root, version) => {
        const { streams: { archive, payload } } = encodeTree(tree, root, version);
        const sink = new PxarMemorySink();
        const payloadSink = payload && new PxarMemorySink();
        await decodeArchive(
          piecewise(archive, () => 1000),
          payload && piecewise(payload, () => 1000),
          new Reencoder(sink, payloadSink),
        );
        assertEquals(bytesEqual(sink.bytes(), archive), true);
        if (payload !== undefined) assertEquals(bytesEqual(payloadSink!.bytes(), payload), true);
      },
    ),
    { numRuns: 200 },
  );
});

Deno.test("every name of a large directory is found by lookup, absent ones are not", async () => {
  const plain = { uid: 0, gid: 0, mtimeSecs: 0, mtimeNanos: 0, flags: 0 };
  for (const count of [0, 1, 2, 3, 30, 31, 32, 1000, 100_000]) {
    const sink = new PxarMemorySink();
    const encoder = new PxarEncoder(sink);
    encoder.startArchive({ mode: 0o40755, ...plain });
    const nameOf = (i: number) => new TextEncoder().encode(`name-${i}`);
    for (let i = 0; i < count; i++) encoder.addFifo(nameOf(i), { mode: 0o10644, ...plain });
    encoder.finish();
    const { root } = await PxarAccessor.open(memoryAccess(sink.bytes()));
    assertEquals(root.length, count);
    const step = Math.ceil(count / 500);
    for (let i = 0; i < count; i += step) {
      assertEquals((await root.lookup(nameOf(i)))?.entry.name, nameOf(i));
    }
    for (let i = count; i < count + 20; i++) assertEquals(await root.lookup(nameOf(i)), undefined);
    if (count <= 1000) assertEquals((await Array.fromAsync(root.entries())).length, count);
  }
});

import { assertEquals, assertRejects } from "@std/assert";
import { memoryAccess } from "../../tests/support/pxar_read.ts";
import { encodeVector, type VectorArchive } from "../../tests/support/pxar_vectors.ts";
import { testWithPeers } from "../../tests/support/with_peers.ts";
import { concatBytes, encodeHex } from "../bytes/mod.ts";
import { CorruptDataError } from "../errors/mod.ts";
import { PxarAccessor, type RandomAccess } from "../pxar/mod.ts";
import { tarFolder, type TarFolderOptions } from "./tar_folder.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const hex = (text: string) => encodeHex(bytes(text));
const STAT = { mode: 0o100644, uid: 1, gid: 2, mtime: [1_600_000_000, 5] as [number, number] };
const FOLDER = { ...STAT, mode: 0o40755 };

/** Two folders; a file of the second has its first name in the first one. */
function describe(format: 1 | 2): VectorArchive {
  return {
    format,
    root: {
      ...FOLDER,
      entries: [
        {
          ...FOLDER,
          type: "dir",
          name: "a",
          entries: [{ ...STAT, type: "file", name: "first", data_hex: hex("first content") }],
        },
        {
          ...FOLDER,
          type: "dir",
          name: "b",
          entries: [
            { type: "hardlink", name: "again", target: "a/first" },
            { type: "hardlink", name: "more", target: "a/first" },
            { ...STAT, type: "file", name: "own", data_hex: hex("own content") },
            { ...FOLDER, type: "dir", name: "sub", entries: [] },
            { type: "hardlink", name: "within", target: "b/own" },
          ],
        },
      ],
    },
  } as unknown as VectorArchive;
}

/** An archive of which some bytes cannot be read. */
async function openArchive(format: 1 | 2, damaged?: string): Promise<PxarAccessor> {
  const { archive, payload } = encodeVector(describe(format));
  const withDamage = (stream: Uint8Array): RandomAccess => {
    const access = memoryAccess(stream);
    const at = damaged === undefined
      ? -1
      : new TextDecoder("latin1").decode(stream).indexOf(damaged);
    return {
      size: access.size,
      read: (offset, length) =>
        at >= offset && at < offset + length && length < 100
          ? Promise.reject(new CorruptDataError("chunk is damaged"))
          : access.read(offset, length),
    };
  };
  return await PxarAccessor.open(withDamage(archive), payload && withDamage(payload));
}

/** Names, types, sizes and link targets that Python reads from the tar file of a folder. */
async function list(
  accessor: PxarAccessor,
  path: string,
  options: TarFolderOptions,
): Promise<unknown[]> {
  const folder = await accessor.lookupPath(bytes(path));
  const tar = concatBytes(await Array.fromAsync(tarFolder(accessor, folder!, options)));
  const script = "import io, json, sys, tarfile\n" +
    "t = tarfile.open(fileobj=io.BytesIO(sys.stdin.buffer.read()))\n" +
    "print(json.dumps([[m.name, m.type.decode(), m.linkname, m.mtime, " +
    "t.extractfile(m).read().decode() if m.isreg() or m.islnk() else ''] for m in t]))";
  const child = new Deno.Command("python3", {
    args: ["-c", script],
    stdin: "piped",
    stdout: "piped",
  })
    .spawn();
  const writer = child.stdin.getWriter();
  await writer.write(tar);
  await writer.close();
  return JSON.parse(new TextDecoder().decode((await child.output()).stdout));
}

for (const format of [1, 2] as const) {
  testWithPeers(
    `a file with its first name elsewhere is a file in the tar of a folder (version ${format})`,
    ["python3"],
    async () => {
      const accessor = await openArchive(format);
      const time = 1_600_000_000.000000005;
      for (const aheadBytes of [0, 1 << 20]) {
        assertEquals(await list(accessor, "b", { name: bytes("x"), aheadBytes }), [
          ["x", "5", "", time, ""],
          ["x/again", "0", "", time, "first content"],
          ["x/more", "1", "x/again", 0, "first content"],
          ["x/own", "0", "", time, "own content"],
          ["x/sub", "5", "", time, ""],
          ["x/within", "1", "x/own", 0, "own content"],
        ]);
      }
      assertEquals(await list(accessor, "b/own", {}), [["own", "0", "", time, "own content"]]);
      const all = await list(accessor, "/", {}) as unknown[][];
      assertEquals(all.map(([name]) => name), [
        ...[".", "./a", "./a/first", "./b", "./b/again", "./b/more", "./b/own", "./b/sub"],
        "./b/within",
      ]);
    },
  );

  Deno.test(`tarFolder() names a damaged file and goes on with the others (version ${format})`, async () => {
    const accessor = await openArchive(format, "first content");
    const damages: string[] = [];
    const names: string[] = [];
    const read = async (options: TarFolderOptions) => {
      for await (const part of tarFolder(accessor, accessor.root.node, options)) {
        names.push(new TextDecoder().decode(part));
      }
    };
    await assertRejects(() => read({}), CorruptDataError, '"a/first": chunk is damaged');
    assertEquals(names.join("").includes("own content"), false);
    await assertRejects(
      () => read({ damaged: ({ message }) => damages.push(message) }),
      CorruptDataError,
      '"a/first": chunk is damaged',
    );
    assertEquals(damages, ['"a/first": chunk is damaged']);
    assertEquals(names.join("").includes("own content"), true);
  });
}

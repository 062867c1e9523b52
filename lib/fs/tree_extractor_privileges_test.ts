import { assertEquals, assertMatch } from "@std/assert";
import { S_IFDIR, S_IFREG } from "../pxar/mod.ts";
import { TempDir } from "../../tests/support/temp_dir.ts";
import { runPeer } from "../../tests/support/run_peer.ts";
import { testWithPeers } from "../../tests/support/with_peers.ts";
import { addFile, bytes, metadata } from "../../tests/support/extract_fixture.ts";
import { TreeExtractor } from "./tree_extractor.ts";

/** cap_net_raw=ep, revision 2. */
const FCAPS = Uint8Array.fromHex("0100000200200000000000000000000000000000");

async function modes(path: string): Promise<Record<string, string>> {
  const text = await runPeer("find", [path, "-mindepth", "1", "-printf", "%P %m\\n"]);
  return Object.fromEntries(text.trim().split("\n").map((line) => line.split(" ")));
}

testWithPeers(
  "TreeExtractor gives nobody the rights of another owner when owners are ignored",
  ["find", "getcap"],
  async () => {
    await using dir = await TempDir.make();
    const notes: string[] = [];
    await using extractor = TreeExtractor.open(dir.path, {
      ignoreOwnership: true,
      onNote: (note) => notes.push(note),
    });
    // Root extracts: what belongs to root keeps everything.
    const owners = { own: [0, 0], user: [77, 0], group: [0, 78], both: [77, 78] } as const;
    for (const [name, [uid, gid]] of Object.entries(owners)) {
      addFile(extractor, name, "x", metadata(S_IFREG | 0o6755, { uid, gid, fcaps: FCAPS }));
      addFile(extractor, `${name}-plain`, "x", metadata(S_IFREG | 0o755, { uid, gid }));
      // By the name of the attribute instead of the item.
      const xattrs = [{ name: bytes("security.capability"), value: FCAPS }];
      addFile(extractor, `${name}-xattr`, "x", metadata(S_IFREG | 0o755, { uid, gid, xattrs }));
      extractor.enterDirectory(bytes(`${name}-dir`), metadata(S_IFDIR | 0o2755, { uid, gid }));
      extractor.leaveDirectory();
    }
    // Large enough to be finished by itself.
    const more = { uid: 77, gid: 78, fcaps: FCAPS };
    extractor.beginFile(bytes("spread"), metadata(S_IFREG | 0o6755, more), 2);
    extractor.inlineData(bytes("a"));
    await extractor.submit(1);
    extractor.inlineData(bytes("b"));
    extractor.endFile();
    const { errorCount } = await extractor.finish();
    assertEquals(errorCount, 0);
    assertEquals(await modes(dir.path), {
      "own": "6755",
      "user": "2755",
      "group": "4755",
      "both": "755",
      "spread": "755",
      ...Object.fromEntries(Object.keys(owners).map((name) => [`${name}-plain`, "755"])),
      ...Object.fromEntries(Object.keys(owners).map((name) => [`${name}-xattr`, "755"])),
      "own-dir": "2755",
      "user-dir": "2755",
      "group-dir": "755",
      "both-dir": "755",
    });
    const capable = await runPeer("getcap", ["-r", dir.path]);
    assertEquals(
      capable.trim().split("\n").map((line) => line.split(" ")[0]!.split("/").at(-1)).sort(),
      ["own", "own-xattr"],
    );
    // Everything that was left out is named: three files of each kind, two directories, `spread`.
    assertEquals(notes.length, 3 + 3 + 2 + 1);
    for (const note of notes) assertMatch(note, /^cannot keep set-id bits and capabilities/);
  },
);

testWithPeers(
  "TreeExtractor drops file capabilities where an owner cannot be set",
  ["getcap", "find"],
  async () => {
    await using dir = await TempDir.make();
    await using extractor = TreeExtractor.open(dir.path, { errorPolicy: "collect" });
    const impossible = metadata(S_IFREG | 0o6755, { uid: 0xffff_ffff, gid: 5, fcaps: FCAPS });
    addFile(extractor, "file", "x", impossible);
    const { errors } = await extractor.finish();
    assertEquals(errors.map(({ step }) => step), ["ownership"]);
    assertMatch(errors[0]!.message, /\(--ignore-ownership leaves it out\)$/);
    assertEquals(await modes(dir.path), { "file": "755" });
    assertEquals(await runPeer("getcap", ["-r", dir.path]), "");
  },
);

Deno.test("TreeExtractor says once what a file system does not have", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const notes: string[] = [];
  await using extractor = TreeExtractor.open(dir.path, {
    ignoreExtractDeviceErrors: true,
    onNote: (note) => notes.push(note),
  });
  // COMPR, NOCOW: of other file systems than this one.
  for (const name of ["a", "b", "c"]) {
    addFile(extractor, name, "x", metadata(S_IFREG | 0o644, { flags: 0x000c_0000 }));
  }
  const { errorCount } = await extractor.finish();
  assertEquals(errorCount, 0);
  assertEquals(notes.length, 1);
  assertMatch(notes[0]!, /^left out the attribute flags of 3 entries, first: .*"\/dev\/shm.*\/a"/);
});

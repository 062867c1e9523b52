import { assertEquals, assertMatch } from "@std/assert";
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFREG, S_IFSOCK } from "../pxar/mod.ts";
import { TempDir } from "../../tests/support/temp_dir.ts";
import { runPeer } from "../../tests/support/run_peer.ts";
import { testWithPeers } from "../../tests/support/with_peers.ts";
import { addFile, bytes, metadata } from "../../tests/support/extract_fixture.ts";
import { TreeExtractor } from "./tree_extractor.ts";

/** `type mode uid:gid mtime` of every entry below a directory, by name. */
async function listing(path: string): Promise<Record<string, string>> {
  const text = await runPeer("find", [path, "-printf", "%P|%y %m %U:%G %T@\\n"]);
  return Object.fromEntries(
    text.trim().split("\n").map((line) => line.split("|") as [string, string]),
  );
}

testWithPeers(
  "TreeExtractor restores every kind of entry with all of its metadata",
  ["find", "getfattr", "getfacl", "getcap", "lsattr"],
  async () => {
    await using dir = await TempDir.make();
    const root = `${dir.path}/made/on/the/way`;
    await using extractor = TreeExtractor.open(root, {});
    extractor.root(metadata(S_IFDIR | 0o711, { mtimeSecs: -5, mtimeNanos: 1 }));
    addFile(extractor, "plain", "content");
    addFile(extractor, "foreign", "x", metadata(S_IFREG | 0o6751, { uid: 1001, gid: 1002 }));
    addFile(extractor, "set-id", "x", metadata(S_IFREG | 0o4755));
    addFile(
      extractor,
      "empty",
      "",
      metadata(S_IFREG | 0o000, { mtimeSecs: -1, mtimeNanos: 500_000_000 }),
    );
    const acl = {
      users: [{ id: 1000, permissions: 6 }, { id: 1001, permissions: 4 }],
      groups: [{ id: 100, permissions: 5 }],
      groupObject: 5,
      defaultUsers: [],
      defaultGroups: [],
    };
    addFile(
      extractor,
      "rich",
      "rich",
      metadata(S_IFREG | 0o2774, {
        uid: 7,
        gid: 8,
        xattrs: [
          { name: bytes("user.one"), value: bytes("1\0more") },
          { name: bytes("trusted.two"), value: new Uint8Array(0) },
          { name: bytes("security.selinux"), value: bytes("never") },
        ],
        // cap_net_raw=ep, revision 2
        fcaps: Uint8Array.fromHex("0100000200200000000000000000000000000000"),
        acl,
      }),
    );
    addFile(
      extractor,
      "flags",
      "f",
      metadata(S_IFREG | 0o640, { flags: 0x0050_0000 | 0x0002_0000 }),
    );
    extractor.enterDirectory(
      bytes("directory"),
      metadata(S_IFDIR | 0o1570, {
        uid: 3,
        gid: 4,
        xattrs: [{ name: bytes("user.dir"), value: bytes("d") }],
        acl: {
          users: [],
          groups: [],
          default: { user: 7, group: 5, other: 0, mask: 7 },
          defaultUsers: [{ id: 1001, permissions: 7 }],
          defaultGroups: [{ id: 2001, permissions: 5 }],
        },
      }),
    );
    addFile(extractor, "inside", "inside");
    extractor.leaveDirectory();
    extractor.enterDirectory(bytes("immutable"), metadata(S_IFDIR | 0o500, { flags: 0x0040_0000 }));
    addFile(extractor, "inside", "inside");
    extractor.enterDirectory(bytes("below"), metadata(S_IFDIR | 0o000));
    addFile(extractor, "deep", "deep");
    extractor.leaveDirectory();
    extractor.leaveDirectory();
    extractor.symlink(bytes("link"), metadata(S_IFLNK | 0o777), bytes("../anywhere/é"));
    extractor.symlink(
      bytes("foreign-link"),
      metadata(S_IFLNK | 0o777, { uid: 9, gid: 10 }),
      bytes("/"),
    );
    extractor.device(bytes("char"), metadata(S_IFCHR | 0o620, { gid: 5 }), 4095, 255);
    extractor.device(bytes("block"), metadata(S_IFBLK | 0o600), 259, 70000);
    extractor.fifo(bytes("fifo"), metadata(S_IFIFO | 0o644, { uid: 12 }));
    extractor.socket(bytes("socket"), metadata(S_IFSOCK | 0o755));
    extractor.hardlink(bytes("second"), bytes("directory/inside"));
    await extractor.submit(1);
    const report = await extractor.finish();

    assertEquals(report, {
      files: 9,
      directories: 3,
      symlinks: 2,
      hardlinks: 1,
      nodes: 4,
      bytes: 30,
      errors: [],
      errorCount: 0,
    });
    const time = "1600000000.1234567890";
    assertEquals(await listing(root), {
      // Seconds and nanoseconds as they are, not added up.
      "": "d 711 0:0 -5.0000000010",
      "plain": `f 644 0:0 ${time}`,
      "foreign": `f 6751 1001:1002 ${time}`,
      "set-id": `f 4755 0:0 ${time}`,
      "empty": "f 0 0:0 -1.5000000000",
      "rich": `f 2774 7:8 ${time}`,
      "flags": `f 640 0:0 ${time}`,
      "directory": `d 1570 3:4 ${time}`,
      "directory/inside": `f 644 0:0 ${time}`,
      "immutable": `d 500 0:0 ${time}`,
      "immutable/inside": `f 644 0:0 ${time}`,
      "immutable/below": `d 0 0:0 ${time}`,
      "immutable/below/deep": `f 644 0:0 ${time}`,
      "link": `l 777 0:0 ${time}`,
      "foreign-link": `l 777 9:10 ${time}`,
      "char": `c 620 0:5 ${time}`,
      "block": `b 600 0:0 ${time}`,
      "fifo": `p 644 12:0 ${time}`,
      "socket": `s 755 0:0 ${time}`,
      "second": `f 644 0:0 ${time}`,
    });
    assertEquals(await Deno.readTextFile(`${root}/plain`), "content");
    assertEquals(await Deno.readTextFile(`${root}/second`), "inside");
    assertEquals((await Deno.stat(`${root}/second`)).nlink, 2);
    assertEquals(await Deno.readLink(`${root}/link`), "../anywhere/é");
    assertEquals(
      (await runPeer("stat", ["-c", "%t:%T", `${root}/char`, `${root}/block`])).trim(),
      "fff:ff\n103:11170",
    );
    assertEquals(
      (await runPeer("getfattr", ["--absolute-names", "-d", "-m-", "-ehex", `${root}/rich`])).trim()
        .split("\n").slice(1),
      [
        "security.capability=0x0100000200200000000000000000000000000000",
        "system.posix_acl_access=0x0200000001000700ffffffff02000600e803000002000400e9030000" +
        "04000500ffffffff080005006400000010000700ffffffff20000400ffffffff",
        "trusted.two=0x",
        "user.one=0x31006d6f7265",
      ],
    );
    assertMatch(await runPeer("getcap", [`${root}/rich`]), /cap_net_raw=ep/);
    assertEquals(
      (await runPeer("getfacl", ["-cnpE", `${root}/directory`])).trim().split("\n"),
      [
        "user::r-x",
        "group::rwx",
        "other::---",
        "default:user::rwx",
        "default:user:1001:rwx",
        "default:group::r-x",
        "default:group:2001:r-x",
        "default:mask::rwx",
        "default:other::---",
      ],
    );
    const flags = await runPeer("lsattr", ["-d", `${root}/flags`, `${root}/immutable`]);
    assertEquals(
      flags.trim().split("\n").map((line) => line.split(" ")[0]!.replace(/[-eI]/g, "")),
      ["iA", "i"],
      "NODUMP is not restored by default",
    );
  },
);

Deno.test("TreeExtractor notes attributes that it does not restore", async () => {
  await using dir = await TempDir.make();
  const notes: string[] = [];
  await using extractor = TreeExtractor.open(dir.path, { onNote: (note) => notes.push(note) });
  const xattrs = [{ name: bytes("system.odd"), value: bytes("x") }];
  addFile(extractor, "file", "", metadata(S_IFREG | 0o600, { xattrs }));
  const report = await extractor.finish();
  assertEquals(report.errorCount, 0);
  assertEquals(notes.length, 1);
  assertMatch(notes[0]!, /unsupported name of ".*\/file"$/);
});

Deno.test("TreeExtractor keeps owners, modes, ACLs and attributes out when told to", async () => {
  await using dir = await TempDir.make();
  await using extractor = TreeExtractor.open(dir.path, {
    ignoreOwnership: true,
    ignorePermissions: true,
    ignoreXattrs: true,
    ignoreAcls: true,
    ignoreFcaps: true,
    skipFifos: true,
    skipSockets: true,
    skipDevices: true,
  });
  const extras = {
    uid: 5,
    gid: 6,
    xattrs: [{ name: bytes("user.x"), value: bytes("x") }],
    fcaps: Uint8Array.fromHex("0100000200200000000000000000000000000000"),
    acl: {
      users: [{ id: 1, permissions: 7 }],
      groups: [],
      groupObject: 7,
      defaultUsers: [],
      defaultGroups: [],
    },
  };
  addFile(extractor, "file", "x", metadata(S_IFREG | 0o4777, extras));
  extractor.enterDirectory(bytes("dir"), metadata(S_IFDIR | 0o055, extras));
  extractor.leaveDirectory();
  extractor.fifo(bytes("fifo"), metadata(S_IFIFO | 0o644));
  extractor.socket(bytes("socket"), metadata(S_IFSOCK | 0o644));
  extractor.device(bytes("device"), metadata(S_IFCHR | 0o644), 1, 3);
  await extractor.finish();
  const found = await listing(dir.path);
  const mask = Deno.umask();
  assertEquals(Object.keys(found).sort(), ["", "dir", "file"]);
  assertEquals(found["file"], "f 600 0:0 1600000000.1234567890");
  assertEquals(
    found["dir"],
    `d ${((0o755) & ~mask).toString(8)} 0:0 1600000000.1234567890`,
  );
  const attributes = await runPeer("getfattr", [
    "--absolute-names",
    "-d",
    "-m-",
    `${dir.path}/file`,
  ]);
  assertEquals(attributes, "");
});

Deno.test("TreeExtractor reports a project id that a file system cannot hold", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const errors: string[] = [];
  await using extractor = TreeExtractor.open(dir.path, {
    errorPolicy: "collect",
    onError: (error) => errors.push(`${error.step} ${error.errno}`),
  });
  addFile(extractor, "file", "x", metadata(S_IFREG | 0o640, { projectId: 7 }));
  await extractor.finish();
  assertEquals(errors.length, 1);
  assertMatch(errors[0]!, /^project id (95|25)$/);
  assertEquals((await listing(dir.path))["file"], "f 640 0:0 1600000000.1234567890");
});

Deno.test("TreeExtractor refuses times and owners that have a meaning of their own to the kernel", async () => {
  await using dir = await TempDir.make();
  const errors: string[] = [];
  await using extractor = TreeExtractor.open(dir.path, {
    errorPolicy: "collect",
    onError: (error) => errors.push(`${error.step} ${error.errno}`),
  });
  // UTIME_NOW and UTIME_OMIT.
  for (const mtimeNanos of [0x3fff_ffff, 0x3fff_fffe, 1_000_000_000]) {
    addFile(extractor, `time${mtimeNanos}`, "", metadata(S_IFREG | 0o600, { mtimeNanos }));
  }
  addFile(extractor, "uid", "", metadata(S_IFREG | 0o4755, { uid: 0xffff_ffff }));
  addFile(extractor, "gid", "", metadata(S_IFREG | 0o4755, { gid: 0xffff_ffff }));
  await extractor.finish();
  const time = "modification time 22";
  assertEquals(errors, [time, time, time, "ownership 22", "ownership 22"]);
  assertEquals((await listing(dir.path))["uid"], "f 755 0:0 1600000000.1234567890");
});

import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { latin1 } from "../../tests/support/pxar_read.ts";
import { runPeer } from "../../tests/support/run_peer.ts";
import { TempDir } from "../../tests/support/temp_dir.ts";
import { type RecordedEntry, recordWalk } from "../../tests/support/walk_recorder.ts";
import { testWithPeers } from "../../tests/support/with_peers.ts";
import { encodeHex } from "../bytes/mod.ts";
import { ACL_ACCESS_XATTR, ACL_DEFAULT_XATTR, linuxFlagsFromAttributes } from "../pxar/mod.ts";

const SUPPORT = fromFileUrl(new URL("../../tests/support/", import.meta.url));
/** The Linux flags an archive keeps (spec: pxar.md §8.1). */
const KEPT_FLAGS = 0x2081_04fc;

/** One line of `listing.py`. */
interface ListedEntry {
  path: string;
  mode: string;
  uid: number;
  gid: number;
  mtime_ns: number;
  size?: number;
  target?: string;
  rdev?: [number, number];
  fsflags?: number;
  hardlink_group?: string;
  xattrs?: Record<string, string>;
}

async function listing(path: string): Promise<ListedEntry[]> {
  const text = await runPeer("python3", [`${SUPPORT}listing.py`, path]);
  // Nanoseconds do not fit a double.
  const lines = text.trimEnd().split("\n").map((line) =>
    line.replace(/"mtime_ns": (-?\d+)/, '"mtime_ns": "$1"')
  );
  return lines.map((line) => JSON.parse(line));
}

function isKept(name: string): boolean {
  return /^(user|trusted)\./.test(name) || name === "security.NTACL";
}

/** The independent listing of an entry in the form of a recorded one. */
function fromListing(entry: ListedEntry): Record<string, unknown> {
  const path = entry.path === "." ? "" : entry.path;
  if (entry.hardlink_group !== undefined && entry.hardlink_group !== entry.path) {
    return { path, kind: "hardlink", target: entry.hardlink_group };
  }
  const xattrs = entry.xattrs ?? {};
  return {
    path,
    mode: Number(entry.mode),
    uid: entry.uid,
    gid: entry.gid,
    mtime: BigInt(entry.mtime_ns),
    size: entry.size,
    target: entry.target,
    device: entry.rdev,
    flags: (entry.fsflags ?? 0) & KEPT_FLAGS,
    xattrs: Object.entries(xattrs).filter(([name]) => isKept(name)).sort(),
    fcaps: xattrs["security.capability"],
    hasAcl: ACL_ACCESS_XATTR in xattrs || ACL_DEFAULT_XATTR in xattrs,
  };
}

function fromWalk(entry: RecordedEntry): Record<string, unknown> {
  const { path, metadata } = entry;
  if (metadata === undefined) return { path, kind: entry.kind, target: entry.target };
  const xattrs = (metadata.xattrs ?? []).map(({ name, value }) => [latin1(name), encodeHex(value)]);
  return {
    path,
    mode: metadata.mode,
    uid: metadata.uid,
    gid: metadata.gid,
    mtime: BigInt(metadata.mtimeSecs) * 1_000_000_000n + BigInt(metadata.mtimeNanos),
    size: entry.sizeBytes,
    target: entry.target,
    device: entry.device,
    flags: linuxFlagsFromAttributes(metadata.flags),
    xattrs: xattrs.sort(),
    fcaps: metadata.fcaps && encodeHex(metadata.fcaps),
    hasAcl: metadata.acl !== undefined,
  };
}

async function assertWalkEqualsListing(path: string): Promise<RecordedEntry[]> {
  const { entries, warnings } = await recordWalk({ source: path, excludes: [] });
  const expected = (await listing(path)).map(fromListing);
  const actual = entries.map(fromWalk);
  assertEquals(actual.map(({ path }) => path), expected.map(({ path }) => path));
  expected.forEach((entry, i) => assertEquals(actual[i], entry));
  assertEquals(warnings, []);
  return entries;
}

testWithPeers(
  "a walk captures every kind of metadata of a tree on disk",
  ["python3", "setfacl", "setcap", "chattr"],
  async () => {
    await using dir = await TempDir.make();
    await runPeer("python3", [`${SUPPORT}museum.py`, dir.path]);
    // Its file with patterns would hide some entries from the walk.
    await Deno.remove(`${dir.path}/exclude/.pxarexclude`);
    const entries = await assertWalkEqualsListing(dir.path);
    const at = (path: string) => entries.find((entry) => entry.path === path)!.metadata!;

    assertEquals(at("acl/file").acl, {
      users: [{ id: 1000, permissions: 6 }, { id: 1001, permissions: 4 }],
      groups: [{ id: 2000, permissions: 7 }],
      groupObject: 4,
      default: undefined,
      defaultUsers: [],
      defaultGroups: [],
    });
    assertEquals(at("acl/default").acl, {
      users: [{ id: 1000, permissions: 7 }],
      groups: [],
      groupObject: 5,
      default: { user: 7, group: 5, other: 0, mask: 7 },
      defaultUsers: [{ id: 1000, permissions: 6 }],
      defaultGroups: [{ id: 2000, permissions: 4 }],
    });
    assertEquals(at("flags/append").flags, 0x0001_0000);
    assertEquals(at("flags/immutable").flags, 0x0040_0000);
    assertEquals(at("flags/nodump").flags, 0x0010_0000);
    assertEquals(at("flags/noatime").flags, 0x0002_0000);
    assertEquals(at("flags/sync").flags, 0x0080_0000);
    assertEquals(at("times/t2").mtimeSecs, -1);
    assertEquals(at("times/t2").mtimeNanos, 999_999_999);
    const kinds = new Set(entries.map(({ kind }) => kind));
    assertEquals(kinds.size, 8);
  },
);

testWithPeers(
  "a walk captures what a tmpfs can hold",
  ["python3", "setfacl", "setcap", "setfattr"],
  async () => {
    await using dir = await TempDir.make("/dev/shm");
    await Deno.mkdir(`${dir.path}/d`);
    await Deno.writeTextFile(`${dir.path}/d/f`, "content");
    await runPeer("setfacl", ["-m", "u:1000:rwx,d:g:7:r", `${dir.path}/d`]);
    await runPeer("setfattr", ["-n", "trusted.t", "-v", "0x00ff00", `${dir.path}/d/f`]);
    await runPeer("setcap", ["cap_net_raw=+ep", `${dir.path}/d/f`]);
    await Deno.symlink("f", `${dir.path}/d/l`);
    const entries = await assertWalkEqualsListing(dir.path);
    const [, directory, file] = entries.map(({ metadata }) => metadata!);
    assertEquals(directory!.acl?.users, [{ id: 1000, permissions: 7 }]);
    assertEquals(directory!.acl?.defaultGroups, [{ id: 7, permissions: 4 }]);
    assertEquals(file!.xattrs?.map(({ name }) => latin1(name)), ["trusted.t"]);
    assertEquals(file!.fcaps?.length, 20);
  },
);

testWithPeers(
  "attributes of classes that no archive keeps are dropped, the others keep the kernel's order",
  ["setfattr", "getfattr"],
  async () => {
    await using dir = await TempDir.make();
    const file = `${dir.path}/f`;
    await Deno.writeTextFile(file, "x");
    const long = "user." + "n".repeat(250);
    for (
      const [name, value] of [
        ["user.b", "1"],
        ["security.NTACL", "acl"],
        ["security.other", "2"],
        ["user.a", "3"],
        ["trusted.overlay", "4"],
        [long, "5"],
        ["user.large", "v".repeat(2000)],
      ] as const
    ) await runPeer("setfattr", ["-n", name, "-v", value, file]);
    const listed = await runPeer("getfattr", ["-m-", "--absolute-names", file]);
    const expected = listed.split("\n").filter((name) => isKept(name.replaceAll("\\", "")));
    assertEquals(expected.length, 6);
    const { entries } = await recordWalk({ source: dir.path });
    const xattrs = entries[1]!.metadata!.xattrs!;
    const names = xattrs.map(({ name }) => latin1(name));
    // getfattr sorts by name.
    assertEquals(names.toSorted(), expected.toSorted());
    assertEquals(latin1(xattrs[names.indexOf("user.large")]!.value), "v".repeat(2000));
  },
);

testWithPeers(
  "what the options switch off is not read",
  ["setfattr", "setfacl", "setcap"],
  async () => {
    await using dir = await TempDir.make();
    const file = `${dir.path}/f`;
    await Deno.writeTextFile(file, "x");
    await runPeer("setfattr", ["-n", "user.a", "-v", "1", file]);
    await runPeer("setfacl", ["-m", "u:1000:rwx", file]);
    await runPeer("setcap", ["cap_net_raw=+ep", file]);
    const read = async (options: { xattrs?: boolean; acls?: boolean; fcaps?: boolean }) => {
      const { entries } = await recordWalk({ source: dir.path, ...options });
      const { xattrs, acl, fcaps } = entries[1]!.metadata!;
      return [xattrs?.length, acl?.users.length, fcaps?.length];
    };
    assertEquals(await read({}), [1, 1, 20]);
    assertEquals(await read({ acls: false }), [1, undefined, 20]);
    assertEquals(await read({ fcaps: false }), [1, 1, undefined]);
    assertEquals(await read({ xattrs: false }), [undefined, undefined, undefined]);
  },
);

testWithPeers("the project id of a file is captured", ["python3"], async () => {
  await using dir = await TempDir.make();
  const file = `${dir.path}/f`;
  await Deno.writeTextFile(file, "x");
  // FS_IOC_FSGETXATTR and FS_IOC_FSSETXATTR; file systems without the feature refuse to set it.
  const projectId = Number(
    await runPeer("python3", [
      "-c",
      `
import fcntl, os, struct, sys
fd = os.open(sys.argv[1], os.O_RDONLY)
attributes = bytearray(28)
fcntl.ioctl(fd, 0x801c581f, attributes)
struct.pack_into("I", attributes, 12, 4711)
try: fcntl.ioctl(fd, 0x401c5820, attributes)
except OSError: pass
fcntl.ioctl(fd, 0x801c581f, attributes)
print(struct.unpack_from("I", attributes, 12)[0])
`,
      file,
    ]),
  );
  const { entries } = await recordWalk({ source: dir.path });
  assertEquals(entries[1]!.metadata!.projectId, projectId === 0 ? undefined : projectId);
});

// deno-lint-ignore-file no-console -- the number of vector cases is reported
import { assert, assertEquals, assertMatch } from "@std/assert";
import { decodeHex } from "../../lib/bytes/mod.ts";
import type { LocalRepository } from "../../lib/datastore/mod.ts";
import { CorruptDataError, PbsError, SystemError } from "../../lib/errors/mod.ts";
import { Errno } from "../../ffi/errno.ts";
import * as format from "../../lib/pxar/format.ts";
import type { RestoreRequest } from "../../lib/restore/mod.ts";
import { withLocalRepository } from "../support/local_repository.ts";
import { readVectorJson } from "../support/pxar_vectors.ts";
import { RawArchive } from "../support/raw_archive.ts";
import { type RestoreEnd, restoreStored } from "../support/restore_stored.ts";
import { runPeer } from "../support/run_peer.ts";
import { storeArchives, STORED_SNAPSHOT, type StoredStream } from "../support/store_archives.ts";
import { TempDir } from "../support/temp_dir.ts";

const OVERWRITE: Partial<RestoreRequest> = {
  allowExistingDirs: true,
  overwriteFiles: true,
  overwriteSymlinks: true,
  overwriteHardlinks: true,
};

/**
 * A target full of traps, beside things that must stay as they are:
 *
 *     outside/secret outside/dir/secret
 *     target/linkdir -> ../outside/dir   target/linkfile -> ../outside/secret
 *     target/up -> ..   target/dangling -> ../outside/new   target/pipe (a fifo)
 */
class Trap implements AsyncDisposable {
  private constructor(readonly dir: TempDir, readonly before: string) {}

  static async make(): Promise<Trap> {
    const dir = await TempDir.make("/dev/shm");
    const { path } = dir;
    await Deno.mkdir(`${path}/outside/dir`, { recursive: true });
    await Deno.mkdir(`${path}/target`);
    for (const secret of ["secret", "dir/secret"]) {
      await Deno.writeTextFile(`${path}/outside/${secret}`, "secret", { mode: 0o600 });
    }
    for (
      const [name, target] of [
        ["linkdir", "../outside/dir"],
        ["linkfile", "../outside/secret"],
        ["up", ".."],
        ["dangling", "../outside/new"],
      ] as const
    ) await Deno.symlink(target, `${path}/target/${name}`);
    await runPeer("mkfifo", [`${path}/target/pipe`]);
    return new Trap(dir, await look(path));
  }

  get target(): string {
    return `${this.dir.path}/target`;
  }

  /** Fails if anything outside of the target is another. */
  async assertUntouched(name: string): Promise<void> {
    assertEquals(await look(this.dir.path), this.before, name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dir[Symbol.asyncDispose]();
  }
}

/** Change times tell also of what leaves no other trace. */
function look(path: string): Promise<string> {
  return runPeer("find", [
    path,
    "-path",
    `${path}/target`,
    "-prune",
    "-o",
    "-printf",
    "%p %y %m %n %U:%G %s %T@ %C@ %l\\n",
  ]);
}

let time = STORED_SNAPSHOT.time;

/** Stores streams as an archive `x`, restores it into a trap and hands that over. */
async function spring(
  repository: LocalRepository,
  name: string,
  streams: Readonly<Record<string, StoredStream>>,
  options: Partial<RestoreRequest>,
  check: (end: RestoreEnd, target: string) => void | Promise<void>,
): Promise<void> {
  const snapshot = { ...STORED_SNAPSHOT, time: ++time };
  await storeArchives(repository, streams, snapshot);
  await using trap = await Trap.make();
  const end = await restoreStored(repository, "x.pxar", trap.target, options, snapshot);
  await trap.assertUntouched(name);
  // Whatever happened is an error of ours with one line, and not a defect.
  if (end.error !== undefined) {
    assert(end.error instanceof PbsError, `${name}: ${end.error.stack}`);
    assert(!end.error.message.includes("\n"), `${name}: ${end.error.message}`);
  }
  await check(end, trap.target);
}

interface HostileCase {
  readonly name: string;
  readonly required: { readonly sequential: "accept" | "reject" | "either" };
  readonly archive_hex: string;
  readonly payload_hex?: string;
}

for (
  const [how, options] of [["nothing may be replaced", {}], ["all may be", OVERWRITE]] as const
) {
  Deno.test(`hostile archives end as required and touch nothing outside, where ${how}`, async () => {
    const { cases } = readVectorJson<{ cases: HostileCase[] }>("pxar-hostile.json");
    const counts: Record<string, number> = {};
    await withLocalRepository(async (repository) => {
      for (const { name, required, archive_hex, payload_hex } of cases) {
        const streams: Record<string, StoredStream> = payload_hex === undefined
          ? { "x.pxar.didx": { bytes: decodeHex(archive_hex) } }
          : {
            "x.mpxar.didx": { bytes: decodeHex(archive_hex) },
            "x.ppxar.didx": { bytes: decodeHex(payload_hex) },
          };
        await spring(repository, name, streams, options, ({ error }) => {
          counts[required.sequential] = (counts[required.sequential] ?? 0) + 1;
          if (required.sequential === "reject") {
            assert(error instanceof CorruptDataError, `${name}: ${error}`);
            assertMatch(error!.message, /x\.(pxar|mpxar|ppxar)\.didx/, name);
          } else if (required.sequential === "accept") {
            // A name of 4096 bytes is right in an archive, but no file system takes it.
            assert(error === undefined || error instanceof SystemError, `${name}: ${error}`);
          }
        });
      }
    });
    console.log(`${cases.length} hostile archives, required:`, counts);
  });
}

/** What has to come of a hand-made archive. */
type Outcome =
  | { readonly corrupt: RegExp }
  | { readonly errno: number | readonly number[] }
  | { readonly found: (target: string) => void };

const isFile = (path: string, content: string) => {
  assert(Deno.lstatSync(path).isFile, path);
  assertEquals(Deno.readTextFileSync(path), content);
};

/** Directories are made ahead of the rest, so either of two of a name may come first. */
const IN_THE_WAY = [Errno.EEXIST, Errno.ENOTDIR];

/** Name, archive, outcome where nothing may be replaced and where all may be. */
const HAND_MADE: readonly [string, (archive: RawArchive) => RawArchive, Outcome, Outcome?][] = [
  ...["..", ".", "", "../outside/secret", "a/b", "/tmp/x", "..\0x"].map((name) =>
    [
      `a file called ${JSON.stringify(name)}`,
      (archive: RawArchive) => archive.file(name, "evil"),
      { corrupt: /name/i },
    ] as [string, (archive: RawArchive) => RawArchive, Outcome]
  ),
  ["a directory called ..", (archive) => archive.directory("..", (to) => to.file("x", "evil")), {
    corrupt: /name/i,
  }],
  ["a symlink called ../x", (archive) => archive.symlink("../x", "/"), { corrupt: /name/i }],
  ...["../outside/secret", "/etc/passwd", "a/../../outside/secret", "./linkfile", "a//b"].map(
    (target) =>
      [
        `a hard link to ${target}`,
        (archive: RawArchive) => archive.directory("a").hardlink("h", target),
        { corrupt: /hard link/ },
      ] as [string, (archive: RawArchive) => RawArchive, Outcome],
  ),
  [
    "a hard link through a symlink of the archive",
    (archive) => archive.symlink("out", "../outside").hardlink("h", "out/secret"),
    { errno: Errno.ELOOP },
  ],
  [
    "a hard link through a symlink that was there",
    (archive) => archive.hardlink("h", "linkdir/secret"),
    { errno: Errno.ELOOP },
  ],
  [
    "a hard link to a symlink that was there",
    (archive) => archive.hardlink("h", "linkfile"),
    { errno: Errno.ELOOP },
  ],
  [
    "a symlink, then a directory of that name",
    (archive) =>
      archive.symlink("d", "../outside").directory("d", (to) => to.file("secret", "evil")),
    { errno: Errno.EEXIST },
    { errno: IN_THE_WAY },
  ],
  [
    "a symlink, then a file of that name",
    (archive) => archive.symlink("s", "../outside/secret").file("s", "evil"),
    { errno: Errno.EEXIST },
    { found: (target) => isFile(`${target}/s`, "evil") },
  ],
  [
    "a directory, then a symlink of that name, then the directory again",
    (archive) =>
      archive.directory("d", (to) => to.file("x", "1")).symlink("d", "../outside")
        .directory("d", (to) => to.file("secret", "evil")),
    { errno: Errno.EEXIST },
    { errno: Errno.EEXIST },
  ],
  [
    "a directory in the place of a symlink that was there",
    (archive) => archive.directory("linkdir", (to) => to.file("secret", "evil")),
    { errno: Errno.EEXIST },
    { errno: IN_THE_WAY },
  ],
  [
    "a directory in the place of a symlink to above",
    (archive) => archive.directory("up", (to) => to.directory("outside", (at) => at.file("x", ""))),
    { errno: Errno.EEXIST },
    { errno: IN_THE_WAY },
  ],
  [
    "a file in the place of a symlink that was there",
    (archive) => archive.file("linkfile", "evil"),
    { errno: Errno.EEXIST },
    { found: (target) => isFile(`${target}/linkfile`, "evil") },
  ],
  [
    "a file in the place of a dangling symlink",
    (archive) => archive.file("dangling", "evil"),
    { errno: Errno.EEXIST },
    { found: (target) => isFile(`${target}/dangling`, "evil") },
  ],
  [
    "a file in the place of a fifo",
    (archive) => archive.file("pipe", "evil"),
    { errno: Errno.EEXIST },
    { found: (target) => isFile(`${target}/pipe`, "evil") },
  ],
  [
    "a fifo, then a file of that name",
    (archive) => archive.node("p", 0o10666).file("p", "evil"),
    { errno: Errno.EEXIST },
    { found: (target) => isFile(`${target}/p`, "evil") },
  ],
  [
    "a disk, then a file of that name",
    (archive) => archive.device("sda", 0o60666, 8, 0).file("sda", "evil"),
    { errno: Errno.EEXIST },
    { found: (target) => isFile(`${target}/sda`, "evil") },
  ],
  [
    "a device",
    (archive) => archive.device("null", 0o20666, 1, 3),
    { found: (target) => assertEquals(Deno.lstatSync(`${target}/null`).rdev, 0x103) },
  ],
  [
    "a symlink with an owner of its own",
    (archive) => archive.symlink("s", "../outside/secret"),
    {
      found: (target) => {
        assertEquals(Deno.readLinkSync(`${target}/s`), "../outside/secret");
        assertEquals(Deno.lstatSync(`${target}/s`).uid, 4242);
      },
    },
  ],
  [
    "a file twice",
    (archive) => archive.file("f", "first").file("f", "second"),
    { errno: Errno.EEXIST },
    { found: (target) => isFile(`${target}/f`, "second") },
  ],
  [
    "a file, then a directory of that name",
    (archive) => archive.file("f", "first").directory("f", (to) => to.file("x", "")),
    { errno: Errno.EEXIST },
    { errno: IN_THE_WAY },
  ],
  [
    "a directory, then a file of that name",
    (archive) => archive.directory("f", (to) => to.file("x", "1")).file("f", "second"),
    { errno: Errno.EEXIST },
    { errno: Errno.EEXIST },
  ],
  [
    "a file of an exabyte",
    (archive) => archive.file("f", "").item(format.PAYLOAD, new Uint8Array(), 2 ** 60),
    { corrupt: /wrong size/ },
  ],
  [
    "a name of 2 GB",
    (archive) => archive.item(format.FILENAME, new TextEncoder().encode("x"), 2 ** 31),
    { corrupt: /FILENAME/ },
  ],
  [
    "a table of an exabyte",
    (archive) => archive.item(format.GOODBYE, new Uint8Array(24), 2 ** 50),
    { corrupt: /ends/ },
  ],
  [
    "names for a terminal",
    (archive) => archive.file("\x1b]0;evil\x07", "1").file("\n", "2").file("-rf", "3"),
    { found: (target) => isFile(`${target}/\x1b]0;evil\x07`, "1") },
  ],
  [
    "a set-uid program in a directory for all",
    (archive) => archive.directory("d", (to) => to.file("su", "#!", 0o104755), 0o41777),
    { found: (target) => assertEquals(Deno.statSync(`${target}/d/su`).mode! & 0o7777, 0o4755) },
  ],
];

for (
  const [how, options] of [["nothing may be replaced", {}], ["all may be", OVERWRITE]] as const
) {
  Deno.test(`attempts to break out touch nothing outside, where ${how}`, async () => {
    await withLocalRepository(async (repository) => {
      for (const [name, build, strict, replacing] of HAND_MADE) {
        const bytes = build(new RawArchive()).end();
        const outcome = options === OVERWRITE ? replacing ?? strict : strict;
        const streams = { "x.pxar.didx": { bytes } };
        await spring(repository, name, streams, options, ({ error, lines }, target) => {
          if ("corrupt" in outcome) {
            assert(error instanceof CorruptDataError, `${name}: ${error}`);
            assertMatch(error!.message, outcome.corrupt, name);
          } else if ("errno" in outcome) {
            assert(error instanceof SystemError, `${name}: ${error}`);
            const { errno } = error as SystemError;
            assert([outcome.errno].flat().includes(errno), `${name}: ${error}`);
          } else {
            assertEquals(error, undefined, `${name}: ${lines}`);
            outcome.found(target);
          }
        });
      }
    });
    console.log(`${HAND_MADE.length} attempts`);
  });
}

Deno.test("what lies before a hostile entry is restored, with its metadata", async () => {
  await withLocalRepository(async (repository) => {
    const bytes = new RawArchive().directory(
      "good",
      (to) => to.file("file", "fine", 0o100640).file("../../outside/secret", "evil"),
      0o40750,
    ).file("behind", "lost").end();
    const streams = { "x.pxar.didx": { bytes } };
    await spring(repository, "before", streams, {}, ({ error }, target) => {
      assert(error instanceof CorruptDataError, `${error}`);
      isFile(`${target}/good/file`, "fine");
      const { mode, uid, mtime } = Deno.statSync(`${target}/good`);
      assertEquals([mode! & 0o7777, uid, mtime!.getTime()], [0o750, 4242, 1e12]);
      assertEquals(Deno.statSync(`${target}/good/file`).mode! & 0o7777, 0o640);
    });
  });
});

Deno.test("a selection from a hostile archive stays inside as well", async () => {
  await withLocalRepository(async (repository) => {
    const bytes = new RawArchive().directory("linkdir", (to) => to.file("secret", "evil"))
      .symlink("s", "../outside").directory("s", (to) => to.file("secret", "evil"))
      .file("linkfile", "evil").end();
    for (const pattern of ["secret", "linkdir/secret", "/s", "**"]) {
      const streams = { "x.pxar.didx": { bytes } };
      const options = { ...OVERWRITE, patterns: [pattern] };
      await spring(repository, pattern, streams, options, ({ error }) => {
        assert(error instanceof SystemError, `${pattern}: ${error}`);
      });
    }
  });
});

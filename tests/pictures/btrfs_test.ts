import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { BTRFS_PEERS, BtrfsWorld } from "../support/btrfs_world.ts";
import type { ClientRun } from "../support/run_client.ts";
import { testWithPeers } from "../support/with_peers.ts";

/** What a file system can hold, and what can be mounted in it. */
const TREE = `
  btrfs -q subvolume create @data; btrfs -q subvolume create @other; btrfs -q subvolume create @data/nested
  cd @data
  mkdir -p deep/folder bound covered entered plain skipped
  echo hello >deep/folder/file; ln deep/folder/file deep/second; ln -s ../second deep/folder/link
  setfattr -n user.k -v v deep/second; head -c 300000 /dev/urandom >deep/random
  echo in >nested/file; echo hidden >covered/hidden; echo '*.tmp' >plain/.pxarexclude
  touch plain/a.tmp plain/b skipped/c; mkfifo deep/pipe; echo 1 >single
  mount -t tmpfs -o mode=0711 none covered; echo seen >covered/seen
  mount --bind deep bound; mount -o subvol=@other /dev/loop entered 2>/dev/null ||
    mount -o subvol=@other "$(findmnt -no SOURCE --target .. | sed 's/.\\[.*//')" entered
  echo other >entered/file; mkdir entered/sub; mount --bind single plain/b
`;

function assertOk({ code, stderr }: ClientRun): string {
  assertEquals(code, 0, stderr);
  return stderr;
}

testWithPeers(
  "a backup from snapshots of btrfs has the archives of one from the source",
  [...BTRFS_PEERS, "findmnt", "setfattr", "setpriv"],
  async (test) => {
    await using world = await BtrfsWorld.create(TREE);
    const source = `${world.top}/@data`;
    const subvolumes = await world.subvolumes();
    let count = 0;
    const backup = async (...options: string[]) =>
      assertOk(
        await world.client(
          ...["backup", `data.pxar:${source}`, `one.conf:${source}/plain/b`, "--backup-id", "a"],
          ...["--backup-time", String(1_700_000_000 + ++count), ...options],
        ),
      );
    /** Index of an archive of the newest snapshot, without what differs from one to the next. */
    const archive = async (name = "data.pxar.didx") => {
      const time = new Date((1_700_000_000 + count) * 1000).toISOString().replace(".000", "");
      return (await Deno.readFile(`${world.path}/store/host/a/${time}/${name}`)).subarray(4096);
    };
    const traceless = async () => {
      assertEquals(await world.subvolumes(), subvolumes);
      assertEquals(world.recordNames(), []);
    };

    await test.step("with other file systems left out", async () => {
      const live = await backup("--init", "--exclude", "skipped");
      const expected = await archive();
      const times = await world.run("stat", "-c", "%y", world.top);
      const pictured = await backup("--snapshot", "btrfs", "--exclude", "skipped");
      assertStringIncludes(pictured, `'${source}' is read from a snapshot taken with btrfs`);
      assertEquals(await archive(), expected);
      const mountPoints = (text: string) => text.match(/^skipping mount point: .*$/gm);
      assertEquals(mountPoints(pictured), mountPoints(live));
      assertEquals(mountPoints(live)!.length, 3);
      await traceless();
      // The top folder, which may be a source too, looks as if nobody had been there.
      assertEquals(await world.run("stat", "-c", "%y", world.top), times);
    });
    await test.step("with all of them, or some, entered", async () => {
      await backup("--all-file-systems");
      const expected = await archive();
      const pictured = await backup("--all-file-systems", "--snapshot", "auto");
      assertEquals(await archive(), expected);
      for (const below of ["entered", "nested"]) {
        assertStringIncludes(pictured, `'${source}/${below}' is read from a snapshot`);
      }
      assertStringIncludes(
        pictured,
        `read as they are, not from a snapshot: '${source}/covered'\n`,
      );
      await traceless();
      await backup("--include-dev", `${world.top}/@other`);
      const some = await archive();
      await backup("--include-dev", `${world.top}/@other`, "--snapshot", "btrfs");
      assertEquals(await archive(), some);
    });
    await test.step("and unchanged files are taken over from one to the next", async () => {
      const mode = ["--change-detection-mode", "metadata", "--snapshot", "btrfs"];
      await backup(...mode);
      await world.shell(
        "touch -d '2001-02-03' @data/deep/folder/file @data/deep/random @data/single",
      );
      await backup(...mode);
      const told = await backup(...mode);
      assertMatch(told, /^ - 10 total files \(2 hardlinks\)$/m);
      assertMatch(told, /^ - 8 unchanged, reusable files /m);
      assertMatch(told, /^ - 0 changed or non-reusable files /m);
      await traceless();
    });
    await test.step("a dry run takes none", async () => {
      const told = await backup("--dry-run", "--snapshot", "btrfs");
      assertStringIncludes(told, `dry-run: a snapshot with btrfs of '${source}' would be taken`);
      await traceless();
    });
    await test.step("and what is mounted under a name that is no text is left out, and told of", async () => {
      await world.shell(`
        cd @data; odd=$(printf 'odd\\377 name'); mkdir "$odd"; echo x >"$odd/hidden-file"
        mount -t tmpfs none "$odd"; echo y >"$odd/mounted-file"; mkdir "$odd/in"
        mount -t tmpfs none "$odd/in"`);
      const name = (text: string) => text.match(/^.*odd\\xFF name.*$/gm);
      const entries = async () => {
        const time = new Date((1_700_000_000 + count) * 1000).toISOString().replace(".000", "");
        const { code, stdout, stderr } = await world.client("catalog", "dump", `host/a/${time}`);
        assertEquals(code, 0, stderr);
        return `${stdout}${stderr}`;
      };
      const skipped = name(await backup());
      assertEquals(skipped?.length, 1);
      assertEquals(name(await backup("--snapshot", "btrfs")), skipped);
      assert(!(await entries()).includes("hidden-file"));
      const told = await backup(
        "--snapshot",
        "btrfs",
        "--all-file-systems",
        "--warnings-exit",
        "0",
      );
      assertEquals(name(told), [
        `warning: what is mounted on "${source}/odd\\xFF name" is left out: its name is not UTF-8 text`,
      ]);
      const found = await entries();
      assert(found.includes("deep/random") && !/(hidden|mounted)-file/.test(found), found);
      await traceless();
      await world.shell(`cd @data; odd=$(printf 'odd\\377 name'); umount "$odd/in" "$odd"`);
    });
    await test.step("and what does not fit is refused, or read as it is", async () => {
      const other = `other.pxar:${source}/covered`;
      const words = ["backup", other, `data.pxar:${source}/deep`, "--backup-id", "b"];
      const refused = await world.client(...words, "--snapshot", "btrfs");
      assertEquals(refused.code, 255);
      assertMatch(
        refused.stderr,
        /Error: cannot take a snapshot with btrfs of '.*\/covered': it lies on tmpfs on 'none', which is no logical volume; --snapshot auto takes what fits/,
      );
      const auto = assertOk(await world.client(...words, "--snapshot", "auto"));
      assertMatch(
        auto,
        /^no snapshot is taken of '.*\/covered', it is read as it is: it lies on tmpfs/m,
      );
      assertStringIncludes(auto, `'${source}/deep' is read from a snapshot taken with btrfs`);
      const user = ["setpriv", "--reuid=1000", "--regid=1000", "--clear-groups"];
      await world.run("install", "--directory", "--owner=1000", `${world.path}/own`);
      const own = ["--repository", `${world.path}/own/store`, "--init"];
      const powerless = await world.clientUnder(
        user,
        ...words.toSpliced(1, 1),
        ...own,
        "--snapshot",
        "btrfs",
      );
      assertEquals(powerless.code, 255);
      assertMatch(
        powerless.stderr,
        /Error: --snapshot btrfs: snapshots of sources can be taken by root alone/,
      );
      await world.run("mount", "--bind", "/dev/null", (await world.run("which", "btrfs")).trim());
      const missing = await world.client(...words.toSpliced(1, 1), "--snapshot", "btrfs");
      assertEquals(missing.code, 255);
      assertMatch(
        missing.stderr,
        /Error: the program 'btrfs' is missing: install the package btrfs-progs/,
      );
      assertEquals(world.recordNames(), []);
      const live = assertOk(
        await world.client(...words, "--snapshot", "auto", "--warnings-exit", "0"),
      );
      assertMatch(live, /warning: '.*\/deep' is read as it is: the program 'btrfs' is missing/);
      assert(!live.includes("taken with"));
    });
  },
);

import { assert, assertEquals, assertMatch } from "@std/assert";
import { assertFailure, assertOk } from "../support/assert_run.ts";
import { realDatastore } from "../support/real_datastore.ts";
import { runClient, runClientOk } from "../support/run_client.ts";
import { runPeer } from "../support/run_peer.ts";
import { Place } from "../support/place.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testWithPeers } from "../support/with_peers.ts";

Deno.test("exclude patterns leave out what they name, the last match counts", async () => {
  await using place = await Place.make(`
    mkdir -p sub0 sub1 deep/er/cache cache lost+found
    touch sub0/file1 sub0/file2 sub0/file3 sub1/file1 sub1/file2 sub1/file3
    touch a.tmp deep/b.tmp deep/keep.tmp deep/er/cache/x cache/y lost+found/z
    printf '/sub0/file1\\n/sub1/*\\n!/sub1/file2\\n' > .pxarexclude
    printf '# a comment\\n\\n  file3  \\n' > sub0/.pxarexclude
  `);
  const plain = await place.archived();
  assertEquals(plain.paths, [
    ".pxarexclude",
    "a.tmp",
    "cache/",
    "cache/y",
    "deep/",
    "deep/b.tmp",
    "deep/er/",
    "deep/er/cache/",
    "deep/er/cache/x",
    "deep/keep.tmp",
    "lost+found/",
    "lost+found/z",
    "sub0/",
    "sub0/.pxarexclude",
    "sub0/file2",
    "sub1/",
    "sub1/file2",
  ]);
  const some = await place.archived(
    "--exclude",
    "*.tmp",
    "--exclude",
    "!deep/keep.tmp",
    "--exclude",
    "/cache/",
    "--exclude",
    "sub0//./file2",
    "--skip-lost-and-found",
  );
  assertEquals(some.paths, [
    ".pxarexclude",
    ".pxarexclude-cli",
    "deep/",
    "deep/er/",
    "deep/er/cache/",
    "deep/er/cache/x",
    "deep/keep.tmp",
    "sub0/",
    "sub0/.pxarexclude",
    "sub1/",
    "sub1/file2",
  ]);
  assertMatch(some.log, /sub0\/file2/);
  assertEquals(
    await Deno.readTextFile(`${place.out}/.pxarexclude-cli`),
    "*.tmp\n!deep/keep.tmp\n/cache/\nsub0/file2\nlost+found\n",
  );
  assertEquals((await place.archived("--exclude", "*")).paths, [".pxarexclude-cli"]);
  assertFailure(await place.backup("--exclude", "x\\"), /exclude pattern/);
});

Deno.test("mount points are empty directories unless their file system is asked for", async () => {
  await using place = await Place.make("mkdir -p mnt/hidden proc other; touch file");
  const mounts = [`${place.source}/mnt`, `${place.source}/proc`];
  await runPeer("mount", ["-t", "tmpfs", "-o", "mode=0751,size=1m", "tmpfs", mounts[0]!]);
  try {
    await runPeer("mount", ["-t", "proc", "proc", mounts[1]!]);
    await Deno.mkdir(`${mounts[0]}/sub`);
    await Deno.writeTextFile(`${mounts[0]}/sub/inside`, "on tmpfs\n");
    const usual = await place.archived();
    assertEquals(usual.paths, ["file", "mnt/", "other/", "proc/"]);
    assertMatch(usual.log, /skipping mount point: "mnt"/);
    assertMatch(usual.log, /skipping mount point: "proc"/);
    // The directory is the one that was mounted.
    assertEquals((await Deno.stat(`${place.out}/mnt`)).mode! & 0o7777, 0o751);
    const all = ["file", "mnt/", "mnt/sub/", "mnt/sub/inside", "other/", "proc/"];
    for (const options of [["--include-dev", mounts[0]!], ["--all-file-systems"]]) {
      const more = await place.archived(...options);
      assertEquals(more.paths, all, options[0]);
      assert(!more.log.includes('"mnt"'), more.log);
      assertMatch(more.log, /skipping mount point: "proc"/);
      assertEquals(await Deno.readTextFile(`${place.out}/mnt/sub/inside`), "on tmpfs\n");
    }
    const both = await place.backup("--all-file-systems", "--include-dev", mounts[0]!);
    assertFailure(both, /option 'all-file-systems' conflicts with option 'include-dev'/);
    assertFailure(await place.backup("--include-dev", `${place.dir.path}/nothing`), /nothing/);
  } finally {
    await runPeer("umount", mounts, { codes: [0, 32] });
  }
});

Deno.test("patterns select what is restored", async () => {
  await using place = await Place.make(`
    mkdir -p aa/b/empty aa/void c
    echo 1 > aa/one; echo 2 > aa/b/two; echo 3 > c/three; ln -s three c/link; mkfifo c/pipe
    echo content > aa/first; ln aa/first c/second; ln aa/first c/third
    chmod 0710 aa aa/b; touch -d 2001-01-01 aa
  `);
  assertOk(await place.backup());
  assertEquals(await place.selected("one"), ["aa/", "aa/one"]);
  // Directories on the way have their metadata.
  const { mode, mtime } = await Deno.stat(`${place.out}/aa`);
  assertEquals([mode! & 0o7777, mtime!.getUTCFullYear()], [0o710, 2001]);
  assertEquals(await place.selected("/aa/b"), ["aa/", "aa/b/", "aa/b/empty/", "aa/b/two"]);
  assertEquals(await place.selected("aa", "!b"), ["aa/", "aa/first", "aa/one", "aa/void/"]);
  assertEquals(await place.selected("aa", "!b", "two"), [
    "aa/",
    "aa/b/",
    "aa/b/two",
    "aa/first",
    "aa/one",
    "aa/void/",
  ]);
  assertEquals(await place.selected("c/*"), [
    "c/",
    "c/link",
    "c/pipe",
    "c/second",
    "c/third",
    "c/three",
  ]);
  // An empty directory that only its own pattern selects.
  assertEquals(await place.selected("empty"), ["aa/", "aa/b/", "aa/b/empty/"]);
  assertEquals(await place.selected("aa/void/"), ["aa/", "aa/void/"]);
  const stdout = await runClient([
    "restore",
    "host/test",
    "tree.pxar",
    "-",
    ...place.at,
    "--pattern",
    "xx",
  ]);
  assertFailure(stdout, /patterns not allowed/);
});

Deno.test("a hard link is restored with its content where its first name is not selected", async () => {
  await using place = await Place.make(`
    mkdir aa c
    head -c 9000000 /dev/urandom > aa/first; chmod 0640 aa/first; touch -d 2001-01-01 aa/first
    ln aa/first c/second; ln aa/first c/third; : > aa/nil; ln aa/nil c/nil2
  `);
  assertOk(await place.backup());
  const wanted = await Deno.readFile(`${place.source}/aa/first`);
  assertEquals(await place.selected("second"), ["c/", "c/second"]);
  assert((await Deno.readFile(`${place.out}/c/second`)).every((byte, i) => byte === wanted[i]));
  const { mode, mtime, size } = await Deno.stat(`${place.out}/c/second`);
  assertEquals([mode! & 0o7777, mtime!.getUTCFullYear(), size], [0o640, 2001, wanted.length]);
  assertEquals(await place.selected("/c"), ["c/", "c/nil2", "c/second", "c/third"]);
  const inodes = ["second", "third"].map((name) => Deno.statSync(`${place.out}/c/${name}`));
  assertEquals(inodes[0]!.ino, inodes[1]!.ino);
  assertEquals(inodes[0]!.nlink, 2);
  assertEquals(inodes[0]!.size, wanted.length);
  assertEquals(await place.selected("first", "third"), ["aa/", "aa/first", "c/", "c/third"]);
  assertEquals(Deno.statSync(`${place.out}/c/third`).nlink, 2);
});

Deno.test("a hard link of a real server's split archive is restored with its content", async () => {
  const store = await realDatastore();
  await using dir = await TempDir.make();
  for (const snapshot of ["host/split/2023-11-14T22:13:20Z", "host/museum/2023-11-14T22:13:20Z"]) {
    const restore = async (target: string, ...patterns: string[]) => {
      const options = patterns.flatMap((pattern) => ["--pattern", pattern]);
      const at = ["--repository", store];
      await runClientOk(["restore", snapshot, "tree.pxar", target, ...at, ...options]);
    };
    const name = `${dir.path}/${snapshot.split("/")[1]}`;
    await restore(`${name}-both`, "/hard/a", "/hard/b");
    await restore(`${name}-one`, "/hard/b");
    assertEquals([...Deno.readDirSync(`${name}-one/hard`)].map((each) => each.name), ["b"]);
    const [both, one] = [`${name}-both/hard/b`, `${name}-one/hard/b`];
    assertEquals(Deno.readFileSync(one), Deno.readFileSync(both));
    assertEquals(Deno.statSync(one).mode, Deno.statSync(both).mode);
    assertEquals(Deno.statSync(one).mtime, Deno.statSync(both).mtime);
    assertEquals([Deno.statSync(one).nlink, Deno.statSync(both).nlink], [1, 2]);
  }
});

Deno.test("what is in the way is replaced only where that was asked for", async () => {
  await using place = await Place.make(`
    mkdir dir; echo new > dir/file; ln -s new dir/link; ln dir/file dir/hard
  `);
  assertOk(await place.backup());
  const old = async () => {
    await place.clear();
    await runPeer("bash", [
      "-e",
      "-c",
      `mkdir -p '${place.out}/dir'; cd '${place.out}/dir'
       echo old > file; ln -s old link; echo old > hard; echo kept > other; ln file saved`,
    ]);
  };
  const state = () =>
    ["file", "link", "hard"].map((name) => {
      const path = `${place.out}/dir/${name}`;
      return Deno.lstatSync(path).isSymlink
        ? Deno.readLinkSync(path)
        : Deno.readTextFileSync(path).trim();
    });
  await old();
  assertFailure(await place.restore(), /dir"?: File exists/);
  assertEquals(state(), ["old", "old", "old"]);
  // It does not imply that directories may exist (spec: cli.md §4.2).
  assertFailure(await place.restore("--overwrite"), /dir"?: File exists/);
  assertEquals(state(), ["old", "old", "old"]);
  assertFailure(await place.restore("--allow-existing-dirs"), /File exists/);
  assertEquals(state(), ["old", "old", "old"]);
  for (
    const [option, ...expected] of [
      ["--overwrite-files", "new", "old", "old"],
      ["--overwrite-symlinks", "old", "new", "old"],
      ["--overwrite-hardlinks", "old", "old", "old"],
    ] as const
  ) {
    await old();
    assertFailure(await place.restore("--allow-existing-dirs", option), /File exists/);
    const found = state();
    // The link is made to what bears the name of its target, which is the old file here.
    assertEquals(found, [...expected], option);
  }
  await old();
  assertOk(await place.restore("--allow-existing-dirs", "--overwrite"));
  assertEquals(state(), ["new", "new", "new"]);
  assertEquals(Deno.statSync(`${place.out}/dir/file`).nlink, 2);
  // Other names of what was replaced, and what is not in the archive, stay as they were.
  assertEquals(await Deno.readTextFile(`${place.out}/dir/saved`), "old\n");
  assertEquals(await Deno.readTextFile(`${place.out}/dir/other`), "kept\n");
  // Once more, over itself.
  assertOk(await place.restore("--allow-existing-dirs", "--overwrite"));
  assertEquals(Deno.statSync(`${place.out}/dir/file`).nlink, 2);

  await runPeer("bash", ["-c", `rm '${place.out}/dir/file'; mkdir '${place.out}/dir/file'`]);
  assertFailure(await place.restore("--allow-existing-dirs", "--overwrite"), /dir\/file"?: /);
  assert((await Deno.stat(`${place.out}/dir/file`)).isDirectory);
});

Deno.test("a restore over itself is possible for every type of entry, with --overwrite alone", async () => {
  await using place = await Place.make("mkfifo pipe; mknod null c 1 3; echo 1 > z; ln -s z link");
  assertOk(await place.backup());
  assertOk(await place.restore());
  assertOk(await place.restore("--allow-existing-dirs", "--overwrite"));
  const run = await place.restore("--overwrite-files", "--overwrite-symlinks");
  assertFailure(run, /pipe"?: File exists/);
  assertMatch(
    run.stderr,
    /^Summary: 1 file, 0 directories, 1 symbolic link, 2 B restored, 2 errors$/m,
  );
});

testWithPeers(
  "each kind of metadata can be left out",
  ["setfacl", "getfacl", "setfattr"],
  async () => {
    await using place = await Place.make(`
    mkdir dir; echo 1 > dir/file
    setfattr -n user.test -v value dir/file
    setfacl -m u:1000:rw dir/file; setfacl -d -m u:1000:rwx dir
    chown -R 4242:4343 dir; chmod 0751 dir
  `);
    assertOk(await place.backup());
    const file = `${place.out}/dir/file`;
    const restore = async (...options: string[]) => {
      await place.clear();
      assertOk(await place.restore(...options));
      const { uid, mode } = Deno.statSync(file);
      return {
        uid,
        mode: mode! & 0o7777,
        xattr: (await runPeer("getfattr", ["-d", file])).includes("user.test"),
        acl: (await runPeer("getfacl", ["-n", "-p", file])).includes("user:1000"),
      };
    };
    const everything = { uid: 4242, mode: 0o664, xattr: true, acl: true };
    assertEquals(await restore(), everything);
    assertEquals(await restore("--ignore-xattrs"), { ...everything, xattr: false });
    assertEquals(await restore("--ignore-ownership"), { ...everything, uid: 0 });
    assertEquals(await restore("--ignore-acls"), { ...everything, acl: false });
    const bare = await restore("--ignore-acls", "--ignore-permissions");
    assertEquals(bare, { ...everything, acl: false, mode: 0o600 });
    const { mtime } = Deno.statSync(file);
    assertEquals(mtime, Deno.statSync(`${place.source}/dir/file`).mtime);
  },
);

import { assert, assertEquals, assertMatch } from "@std/assert";
import { CancelledError } from "../../lib/errors/mod.ts";
import { PxarEncoder } from "../../lib/pxar/mod.ts";
import { assertOk } from "../support/assert_run.ts";
import { Chance } from "../support/chance.ts";
import { assertSameTree, TREE_PEERS } from "../support/compare_trees.ts";
import { bytes, DIRECTORY, FILE } from "../support/extract_fixture.ts";
import { changeLines, InPlaceWorld } from "../support/in_place_world.ts";
import { withLocalRepository } from "../support/local_repository.ts";
import { SHELL_NOISE } from "../support/noise.ts";
import { Place } from "../support/place.ts";
import { PxarMemorySink } from "../support/pxar_memory_sink.ts";
import { runPeer } from "../support/run_peer.ts";
import { restoreStored } from "../support/restore_stored.ts";
import { storeArchives } from "../support/store_archives.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testWithPeers } from "../support/with_peers.ts";

const exists = (path: string) => Deno.lstat(path).then(() => true, () => false);

Deno.test("links in the target are replaced, never followed", async () => {
  await withLocalRepository(async (repository) => {
    await using world = await InPlaceWorld.make(
      repository,
      "legacy",
      "mkdir -p a/sub z; echo 1 > a/sub/precious; echo 2 > f; ln f z/hard",
    );
    await world.restore();
    await world.edit(`
      rm -r a z; ln -s ${world.outside} a; ln -s ${world.outside} z; ln -s ${world.outside} extra
      ln -sf ${world.outside}/precious f; mkdir deep; ln -s ${world.outside} deep/out
    `);
    const end = await world.restore({ deleteExtras: true });
    assertEquals(end.error, undefined);
    await assertSameTree(world.source, world.out);
    assertEquals(await Deno.readTextFile(`${world.outside}/precious`), "precious\n");
  });
});

Deno.test("a hostile archive cannot remove or replace anything outside of the target", async () => {
  await using dir = await TempDir.make();
  await withLocalRepository(async (repository) => {
    const sink = new PxarMemorySink();
    const encoder = new PxarEncoder(sink);
    encoder.startArchive(DIRECTORY);
    // A link, and a directory of the same name, whose files would lie where the link leads.
    encoder.addSymlink(bytes("a"), { ...FILE, mode: 0o120777 }, bytes("../outside"));
    encoder.enterDirectory(bytes("a"), DIRECTORY);
    encoder.beginFile(bytes("precious"), FILE, 4);
    encoder.writeContent(bytes("evil"));
    encoder.leaveDirectory();
    encoder.finish();
    await storeArchives(repository, { "x.pxar.didx": { bytes: sink.bytes() } });
    await Deno.mkdir(`${dir.path}/outside`);
    await Deno.writeTextFile(`${dir.path}/outside/precious`, "precious\n");
    for (let run = 0; run < 3; run++) {
      await restoreStored(repository, "x.pxar", `${dir.path}/out`, {
        inPlace: { deleteExtras: true, dryRun: false, verifyContents: true },
      });
      assertEquals([...Deno.readDirSync(`${dir.path}/outside`)].length, 1);
      assertEquals(await Deno.readTextFile(`${dir.path}/outside/precious`), "precious\n");
    }
  });
});

testWithPeers("what is mounted below the target stays", ["mount", ...TREE_PEERS], async () => {
  await withLocalRepository(async (repository) => {
    await using world = await InPlaceWorld.make(
      repository,
      "data",
      "mkdir -p mnt/inner d; echo 1 > mnt/inner/file; echo 2 > d/file",
    );
    await world.restore();
    await world.edit("mkdir -p mnt2/deep other/mnt3; rm d/file");
    const mounts = ["mnt", "mnt2/deep", "other/mnt3"].map((below) => `${world.out}/${below}`);
    try {
      for (const at of mounts) {
        await runPeer("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", at]);
        await Deno.writeTextFile(`${at}/mine`, "mine\n");
      }
      const end = await world.restore({ deleteExtras: true });
      assertEquals(end.error, undefined, `${end.error}`);
      for (const at of mounts) assertEquals(await Deno.readTextFile(`${at}/mine`), "mine\n");
      // What the archive has there is restored there, as without --in-place.
      assertEquals(await Deno.readTextFile(`${mounts[0]}/inner/file`), "1\n");
      assertEquals(await Deno.readTextFile(`${world.out}/d/file`), "2\n");
      assertEquals(changeLines((await world.restore({ deleteExtras: true })).changes), []);
    } finally {
      await runPeer("umount", mounts, { codes: [0, 1, 32] });
    }
  });
});

Deno.test("a restore that is interrupted goes on when it is run again", async () => {
  await withLocalRepository(async (repository) => {
    const script = "for d in 1 2 3 4 5; do mkdir $d; for i in $(seq 60); do " +
      "head -c $((i * 700)) /dev/urandom > $d/$i; done; head -c 3000000 /dev/urandom > $d/big; done";
    await using world = await InPlaceWorld.make(repository, "data", script);
    const chance = new Chance(5);
    await world.restore();
    let interrupted = 0;
    for (let round = 0; round < 4; round++) {
      await world.edit("for f in */*; do echo x >> $f; done; rm */1*");
      const all = (await world.restore({ dryRun: true })).changes.length;
      const abort = new AbortController();
      let left = chance.below(200) + 20;
      const end = await restoreStored(repository, "x.pxar", world.out, {
        inPlace: { deleteExtras: true, dryRun: false, verifyContents: false },
        signal: abort.signal,
        treeChange: () => void (--left === 0 && abort.abort()),
      });
      if (end.error instanceof CancelledError) interrupted++;
      // As after a run that was killed while it replaced a file.
      await world.edit("cp 2/big 2/.pbs-restore-0123456789abcdef");
      const rest = await world.restore();
      assertEquals(rest.error, undefined, `${rest.error}`);
      assert(rest.changes.length <= all + 1, `${rest.changes.length} of ${all}`);
      await assertSameTree(world.source, world.out);
    }
    assert(interrupted > 0, "no run was interrupted");
  });
});

Deno.test("patterns confine what is changed and removed", async () => {
  for (const mode of ["legacy", "data"] as const) {
    await withLocalRepository(async (repository) => {
      const script =
        "for d in a b c; do mkdir -p $d/sub; echo $d > $d/file; echo $d > $d/sub/x.log; done";
      await using world = await InPlaceWorld.make(repository, mode, script);
      await world.restore();
      await world.edit(
        "for d in a b c; do echo new > $d/file; echo > $d/extra; echo > $d/sub/y.log; rm $d/sub/x.log; done",
      );
      const end = await world.restore({ deleteExtras: true }, {
        patterns: ["/b/file", "/c", "!extra"],
      });
      assertEquals(end.error, undefined, `${end.error}`);
      assertEquals(
        changeLines(end.changes).filter((line) => !line.endsWith("(time)")),
        [
          "replace /b/file (content)",
          "replace /c/file (content)",
          "make /c/sub/x.log",
          "remove /c/sub/y.log",
        ],
      );
      assertEquals(await Deno.readTextFile(`${world.out}/a/file`), "new\n");
      assert(await exists(`${world.out}/c/extra`));
    });
  }
});

Deno.test("what the backup has excluded is not removed", async () => {
  for (const mode of ["legacy", "data"] as const) {
    const script = "mkdir cache kept; echo 1 > cache/x; echo 2 > kept/y.tmp; echo 3 > kept/z; " +
      "echo /private > .pxarexclude; echo 4 > private";
    const options = { excludes: ["/cache", "*.tmp"] };
    await withLocalRepository(async (repository) => {
      await using world = await InPlaceWorld.make(repository, mode, script, options);
      await runPeer("cp", ["-a", world.source, world.out]);
      await world.edit("echo extra > kept/extra; mkdir gone; echo > gone/with.tmp");
      const end = await world.restore({ deleteExtras: true });
      assertEquals(end.error, undefined, `${end.error}`);
      for (const path of ["cache/x", "kept/y.tmp", "private", "gone/with.tmp"]) {
        assert(await exists(`${world.out}/${path}`), path);
      }
      assertEquals(await exists(`${world.out}/kept/extra`), false);
      assertEquals(changeLines((await world.restore({ deleteExtras: true })).changes), []);
    });
  }
});

Deno.test("nothing is removed where entries of the archive are lost", async () => {
  await using dir = await TempDir.make();
  await withLocalRepository(async (repository) => {
    const sink = new PxarMemorySink();
    const encoder = new PxarEncoder(sink);
    encoder.startArchive(DIRECTORY);
    let cut = 0;
    for (const name of ["a", "b", "c", "d"]) {
      if (name === "b") cut = sink.position + 5;
      encoder.beginFile(bytes(name), FILE, 500);
      encoder.writeContent(new Uint8Array(500).fill(7));
    }
    encoder.finish();
    const stream = { bytes: sink.bytes(), cuts: [cut, cut + 200] };
    const digests = await storeArchives(repository, { "x.pxar.didx": stream });
    const target = `${dir.path}/out`;
    await restoreStored(repository, "x.pxar", target);
    await Deno.writeTextFile(`${target}/0`, "");
    await Deno.writeTextFile(`${target}/z`, "");
    const hex = [...digests["x.pxar.didx"]![1]!].map((byte) => byte.toString(16).padStart(2, "0"))
      .join("");
    await Deno.remove(`${repository.datastore.path}/.chunks/${hex.slice(0, 4)}/${hex}`);
    const end = await restoreStored(repository, "x.pxar", target, {
      inPlace: { deleteExtras: true, dryRun: false, verifyContents: false },
    });
    assertMatch(`${end.error}`, /could not be restored/);
    // The first one was known to be too much before anything was lost.
    assertEquals([...Deno.readDirSync(target)].map(({ name }) => name).sort(), [
      "a",
      "b",
      "c",
      "d",
      "z",
    ]);
  });
});

Deno.test("an identical tree costs no chunk of contents", async () => {
  await withLocalRepository(async (repository) => {
    const script =
      `${SHELL_NOISE} noise 4000000 1 | for i in $(seq 40); do head -c 100000 > $i; done`;
    await using world = await InPlaceWorld.make(repository, "data", script);
    const whole = await world.restore();
    const again = await world.restore();
    assertEquals(again.counts?.kept, 41);
    assert(again.chunks.times.size <= 2, `${again.chunks.times.size} chunks`);
    await world.edit("echo x >> 7");
    const one = await world.restore();
    assert(one.chunks.bytes * 8 < whole.chunks.bytes, `${one.chunks.bytes} bytes`);
  });
});

testWithPeers("an identical tree is neither read nor written to", ["strace"], async () => {
  await using place = await Place.make(`
    mkdir -p a/b; for i in 1 2 3 4 5; do echo $i > a/file$i; done; ln a/file1 a/b/hard; ln -s x a/link
    head -c 200000 /dev/urandom > a/large; setfattr -n user.x -v 1 a/file2; mkfifo a/b/pipe
  `);
  assertOk(await place.backup("--change-detection-mode", "data"));
  assertOk(await place.restore("--in-place"));
  const calls = `${place.dir.path}/calls`;
  const client = new URL("../../scripts/pbs-client", import.meta.url).pathname;
  const restore = [
    "restore",
    "host/test",
    "tree.pxar",
    place.out,
    ...place.at,
    "--in-place",
    "--delete",
  ];
  // The paths of descriptors are shown; reading names and attributes is not among these calls.
  const traced =
    "trace=read,pread64,readv,preadv,write,pwrite64,writev,ftruncate,rename,renameat,renameat2," +
    "unlink,unlinkat,rmdir,mkdir,mkdirat,symlinkat,linkat,mknodat,utimensat,chmod,fchmod,fchmodat,chown," +
    "fchown,fchownat,setxattr,fsetxattr,removexattr,fremovexattr,sendfile,copy_file_range";
  await runPeer("strace", ["-f", "-qq", "-y", "-e", traced, "-o", calls, client, ...restore]);
  const touched = (await Deno.readTextFile(calls)).split("\n").filter((line) =>
    line.includes(`${place.out}/`) || line.includes(`<${place.out}>`)
  );
  assertEquals(touched, []);
  // What it did elsewhere was seen.
  assert((await Deno.readTextFile(calls)).includes(`<${place.storeDir.path}/`));
  assertOk(await place.restore("--in-place", "--verify-contents"));
});

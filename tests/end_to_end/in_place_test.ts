import { assert, assertEquals, assertMatch } from "@std/assert";
import { Chance } from "../support/chance.ts";
import { assertSameTree, TREE_PEERS } from "../support/compare_trees.ts";
import { type ArchiveMode, changeLines, InPlaceWorld } from "../support/in_place_world.ts";
import { withLocalRepository } from "../support/local_repository.ts";
import { runPeer } from "../support/run_peer.ts";
import { testWithPeers } from "../support/with_peers.ts";

const MODES: readonly ArchiveMode[] = ["legacy", "data"];

/** A tree with something of everything. */
const TREE = `
  mkdir -p a/b/c d/empty d/full e
  for i in 1 2 3 4 5 6 7 8; do echo $i > a/file$i; head -c $((i * 9000)) /dev/urandom > d/full/f$i; done
  head -c 300000 /dev/urandom > e/large; truncate -s 1M e/sparse; echo end >> e/sparse
  ln a/file1 a/b/hard; ln a/file1 d/hard; ln -s ../a/file2 d/link; ln -s nowhere e/dangling
  mkfifo e/pipe; mknod e/null c 1 3; python3 -c "import socket;socket.socket(socket.AF_UNIX).bind('e/socket')"
  chmod 4755 a/file3; chmod 0700 a/b; chown 1234:4321 a/file4 d/link d/full
  setfattr -n user.one -v 1 a/file5; setfattr -n user.two -v 2 a/file5; setfattr -n user.dir -v d a/b
  setfacl -m u:1000:rw,g:2000:r a/file6; setfacl -d -m u:1000:rwx d/empty; setcap cap_net_raw+ep a/file7
  chattr +i a/file8; chattr +A e/large; touch -d '2001-02-03 04:05:06.789' a/b/c e/large
`;
const PEERS = [...TREE_PEERS, "setfattr", "setfacl", "setcap", "chattr", "python3"];

/** Paths of a tree, directories before what is in them. */
function pathsOf(folder: string, below = ""): string[] {
  return [...Deno.readDirSync(`${folder}/${below}`)].sort((a, b) => a.name < b.name ? -1 : 1)
    .flatMap(({ name, isDirectory }) => [
      `${below}${name}`,
      ...isDirectory ? pathsOf(folder, `${below}${name}/`) : [],
    ]);
}

/** Shell commands for one change to a path, which may not be possible. */
const EDITS: readonly ((path: string, outside: string) => string)[] = [
  (path) => `rm -rf ${path}`,
  (path) => `[ -f ${path} ] && echo more >> ${path}`,
  (path) => `truncate -s 5 ${path}`,
  (path) => `chmod 0601 ${path}`,
  (path) => `chown -h 77:88 ${path}`,
  (path) => `touch -h ${path}`,
  (path) => `rm -rf ${path}; mkdir -p ${path}/in/it; echo x > ${path}/in/it/x`,
  (path) => `rm -rf ${path}; mkdir ${path}`,
  (path) => `rm -rf ${path}; echo file > ${path}`,
  (path, outside) => `rm -rf ${path}; ln -s ${outside} ${path}`,
  (path) => `rm -rf ${path}; mkfifo ${path}`,
  (path) => `mv ${path} ${path}.moved`,
  (path) => `ln ${path} ${path}.linked`,
  (path) => `[ -f ${path} ] && cp ${path} ${path}.copy && mv ${path}.copy ${path}`,
  (path) => `setfattr -n user.new -v new ${path}`,
  (path) => `setfattr -x user.one ${path}`,
  (path) => `setfacl -b ${path}`,
  (path) => `setfacl -m u:5:rwx ${path}`,
  (path) => `setfacl -d -m u:6:rwx ${path}`,
  (path) => `setcap cap_chown+ep ${path}`,
  (path) => `chattr +i ${path}`,
  (path) => `chattr +a ${path}`,
  (path) => `mkdir -p ${path}.new/sub; echo y > ${path}.new/sub/y; ln -s / ${path}.new/root`,
];

for (const mode of MODES) {
  testWithPeers(
    `${mode}: whatever was done to a tree, a restore in place makes it equal, and the next does nothing`,
    PEERS,
    async () => {
      await withLocalRepository(async (repository) => {
        await using world = await InPlaceWorld.make(repository, mode, TREE);
        const first = await world.restore();
        assertEquals(first.error, undefined, `${first.error}`);
        await assertSameTree(world.source, world.out);
        const chance = new Chance(mode.length * 7919);
        let changed = 0;
        for (let round = 0; round < 8; round++) {
          const paths = pathsOf(world.out);
          const edits = Array.from({ length: 10 }, () => {
            const path = paths[chance.below(paths.length)]!;
            return EDITS[chance.below(EDITS.length)]!(path, world.outside);
          });
          const script = edits.map((edit) => `{ ${edit}; } 2>/dev/null || true`).join("\n");
          await world.edit(script);
          const wanted = { deleteExtras: true, verifyContents: round % 2 === 1 };
          const told = await world.restore({ ...wanted, dryRun: true });
          const end = await world.restore(wanted);
          assertEquals(end.error, undefined, `${end.error}\n${script}\n${end.lines.join("\n")}`);
          assertEquals(changeLines(told.changes), changeLines(end.changes), script);
          changed += end.changes.length;
          await assertSameTree(world.source, world.out);
          const again = await world.restore({ ...wanted, verifyContents: false });
          assertEquals(changeLines(again.changes), [], script);
          assertEquals(again.counts?.kept, first.counts!.made + first.counts!.changed);
        }
        assert(changed > 40, `${changed} changes`);
        assertEquals(pathsOf(world.outside), ["precious"]);
        assertEquals(await Deno.readTextFile(`${world.outside}/precious`), "precious\n");
      });
    },
  );
}

testWithPeers("a dry run changes nothing", PEERS, async () => {
  await withLocalRepository(async (repository) => {
    await using world = await InPlaceWorld.make(repository, "data", TREE);
    const none = await world.restore({ dryRun: true, deleteExtras: true });
    assertEquals(none.error, undefined);
    assert(none.counts!.made > 30);
    await assertMissing(world.out);
    await world.restore();
    await world.edit("echo x > a/file2; rm -rf d/full; mkdir new; touch new/x; chmod 0 e");
    await Deno.mkdir(`${world.out}.copy`);
    await runPeer("cp", ["-a", `${world.out}/.`, `${world.out}.copy`]);
    const end = await world.restore({ dryRun: true, deleteExtras: true });
    await assertSameTree(`${world.out}.copy`, world.out, ["file8", "large"]);
    assert(changeLines(end.changes).includes("replace /a/file2 (content)"));
    assert(changeLines(end.changes).includes("mend /e (permissions)"));
    assertEquals(end.counts?.removed, 2);
    assertEquals(end.counts?.made, 9);
  });
});

async function assertMissing(path: string): Promise<void> {
  const found = await Deno.lstat(path).then(() => true, () => false);
  assertEquals(found, false, `${path} is there`);
}

testWithPeers(
  "without --delete nothing is lost that the archive does not have",
  PEERS,
  async () => {
    await withLocalRepository(async (repository) => {
      await using world = await InPlaceWorld.make(repository, "legacy", TREE);
      await world.restore();
      await world.edit(`
      echo mine > d/mine; mkdir a/mine; rm a/file2; mkdir a/file2; echo mine > a/file2/mine
      rm e/pipe; mkdir e/pipe; rm -rf d/empty; echo x > d/empty
    `);
      const end = await world.restore();
      assertMatch(`${end.error}`, /1 entry could not be replaced/);
      assertMatch(
        end.lines.join("\\n"),
        /cannot replace directory "\/a\/file2": it is not empty \(--delete removes what is in it\)/,
      );
      assertEquals(await Deno.readTextFile(`${world.out}/d/mine`), "mine\n");
      assertEquals(await Deno.readTextFile(`${world.out}/a/file2/mine`), "mine\n");
      assert((await Deno.stat(`${world.out}/a/mine`)).isDirectory);
      await world.edit("rm -r d/mine a/mine a/file2");
      assertEquals((await world.restore()).error, undefined);
      await assertSameTree(world.source, world.out);
    });
  },
);

for (const mode of MODES) {
  Deno.test(`${mode}: contents that size and time do not betray are found by --verify-contents`, async () => {
    await withLocalRepository(async (repository) => {
      const script = "head -c 500000 /dev/urandom > big; echo one > small; echo same > same";
      await using world = await InPlaceWorld.make(repository, mode, script);
      await world.restore();
      await world.edit(`
        touch -r big t1; printf edited | dd of=big bs=1 seek=300000 conv=notrunc status=none; touch -r t1 big
        touch -r small t2; echo two > small; touch -r t2 small; rm t1 t2; touch -r ../source .
      `);
      assertEquals(changeLines((await world.restore()).changes), []);
      const end = await world.restore({ verifyContents: true });
      assertEquals(changeLines(end.changes), [
        "replace /big (content)",
        "replace /small (content)",
      ]);
      for (const name of ["big", "small"]) {
        const [found, wanted] = [`${world.out}/${name}`, `${world.source}/${name}`];
        assertEquals(await Deno.readFile(found), await Deno.readFile(wanted));
      }
    });
  });
}

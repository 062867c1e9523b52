import { assert, assertEquals } from "@std/assert";
import { Datastore, LocalRepository } from "../../lib/datastore/mod.ts";
import type { BackupSnapshot } from "../../lib/repository/mod.ts";
import { ARCHIVE_READERS, listFolder } from "../support/archive_readers.ts";
import { backUp } from "../support/back_up.ts";
import { Chance } from "../support/chance.ts";
import { assertSameTree, TREE_PEERS } from "../support/compare_trees.ts";
import { randomEdit } from "../support/random_edit.ts";
import { restoreStored } from "../support/restore_stored.ts";
import { runPeer } from "../support/run_peer.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testWithPeers } from "../support/with_peers.ts";

const RUNS = 30;
const EDITS_PER_RUN = 12;

const sequentially = ARCHIVE_READERS.find(({ name }) => name === "sequential decoder")!;

testWithPeers(
  `${RUNS} backups in metadata mode after random edits are restored as they were`,
  [...TREE_PEERS, "python3", "cp", "setfacl", "setfattr"],
  async () => {
    await using dir = await TempDir.make();
    await using storeDir = await TempDir.make("/dev/shm");
    const datastore = Datastore.create(`${storeDir.path}/store`, {
      chunkFoldersOnDemand: true,
      syncLevel: "none",
    });
    await using repository = new LocalRepository(datastore);
    const source = `${dir.path}/source`;
    await Deno.mkdir(source);
    const chance = new Chance(20_261_129);
    const snapshots: BackupSnapshot[] = [];
    let reused = 0;
    for (let run = 0; run < RUNS; run++) {
      const count = run === 0 ? 300 : EDITS_PER_RUN;
      const edits = Array.from({ length: count }, () => randomEdit(chance));
      const seconds = 1_500_000_000 + run;
      const old = `find . -newermt 2020-01-01 -exec touch -h -d @${seconds}.${
        chance.below(1e9)
      } {} +`;
      await runPeer("bash", ["-c", `${edits.join("\n")}\n${old}`], { cwd: source });
      const snapshot: BackupSnapshot = { type: "host", id: "t", time: 1_700_000_000 + run };
      const { report } = await backUp(repository, snapshot, [`tree.pxar:${source}`], {
        changeDetectionMode: "metadata",
      });
      reused += report.archives.reduce((sum, archive) => sum + archive.injectedChunkCount, 0);
      snapshots.push(snapshot);
      await runPeer("cp", ["-a", source, `${dir.path}/copy${run}`]);
    }
    assert(reused > RUNS, `${reused} chunks were taken over`);
    for (const [run, snapshot] of snapshots.entries()) {
      const out = `${dir.path}/out`;
      const { error } = await restoreStored(repository, "tree.pxar", out, {}, snapshot);
      if (error !== undefined) throw error;
      await assertSameTree(`${dir.path}/copy${run}`, out);
      const archive = { repository, snapshot, name: "tree.pxar", isSplit: true };
      assertEquals(
        (await sequentially.read(archive, out)).toSorted(),
        sequentially.expect!(await listFolder(`${dir.path}/copy${run}`)).toSorted(),
      );
      await runPeer("rm", ["-rf", out]);
    }
  },
);

import { assert } from "@std/assert";
import { Datastore, LocalRepository } from "../../lib/datastore/mod.ts";
import type { BackupSnapshot } from "../../lib/repository/mod.ts";
import { backUp } from "../support/back_up.ts";
import { Chance } from "../support/chance.ts";
import { assertSameTree, TREE_PEERS } from "../support/compare_trees.ts";
import { restoreStored } from "../support/restore_stored.ts";
import { runPeer } from "../support/run_peer.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testWithPeers } from "../support/with_peers.ts";

const RUNS = 30;
const EDITS_PER_RUN = 12;

/** Shell commands for one random edit of a file or folder; times never look young afterwards. */
function randomEdit(chance: Chance): string {
  const pick = (limit: number) => chance.below(limit);
  const folder = `d${pick(8)}`;
  const file = `${folder}/f${pick(40)}`;
  const other = `d${pick(8)}/g${pick(40)}`;
  const bytes = chance.below(4) === 0 ? pick(300_000) : pick(3_000);
  const edits = [
    `mkdir -p ${folder}; head -c ${bytes} /dev/urandom > ${file}`,
    `mkdir -p ${folder}; head -c ${bytes} /dev/urandom > ${file}`,
    `rm -rf ${file}`,
    `rm -rf ${folder}`,
    `[ -e ${file} ] && mkdir -p d${pick(8)} && mv -T ${file} ${other}`,
    `[ -d ${folder} ] && [ ! -e e${pick(8)} ] && mv -T ${folder} e${pick(8)}`,
    `[ -f ${file} ] && truncate -s +${pick(5000)} ${file}`,
    `[ -f ${file} ] && truncate -s ${pick(2000)} ${file}`,
    `[ -f ${file} ] && mkdir -p e${pick(8)} && ln -f ${file} e${pick(8)}/h${pick(20)}`,
    `[ -e ${file} ] && chmod ${["600", "644", "4755", "000"][pick(4)]} ${file}`,
    `[ -e ${file} ] && chown ${pick(3)}:${pick(3)} ${file}`,
    `[ -e ${file} ] && setfacl -m u:${1000 + pick(3)}:r ${file}`,
    `[ -f ${file} ] && setfattr -n user.k${pick(2)} -v v${pick(3)} ${file}`,
    `[ -e ${file} ] && touch -d @${1_400_000_000 + pick(1000)}.${pick(1e9)} ${file}`,
    `mkdir -p ${folder}; ln -sfn ../x${pick(9)} ${folder}/s${pick(9)}`,
    `mkdir -p ${folder}; rm -rf ${folder}/p; mkfifo ${folder}/p`,
    `rm -rf ${file}; mkdir -p ${file}; echo ${pick(99)} > ${file}/inner`,
  ];
  return `(${edits[pick(edits.length)]}) || true`;
}

testWithPeers(
  `${RUNS} backups in metadata mode after random edits are restored as they were`,
  [...TREE_PEERS, "cp", "setfacl", "setfattr"],
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
      await runPeer("rm", ["-rf", out]);
    }
  },
);

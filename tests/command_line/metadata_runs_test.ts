import { assert, assertEquals } from "@std/assert";
import { Datastore, LocalRepository } from "../../lib/datastore/mod.ts";
import { backupLogLines } from "../support/backup_log_lines.ts";
import { runInProcess } from "../support/cli_in_process.ts";
import { runsOf } from "../support/cli_run_census.ts";
import { Scratch } from "../support/cli_scratch.ts";
import { RECORDED_RUNS, type RecordedRun } from "../support/cli_vectors.ts";
import { runPeer } from "../support/run_peer.ts";
import { withoutHint } from "../support/without_hint.ts";

/** Recorded backups in other modes that have to come before those of their group. */
const BEFORE: Readonly<Record<string, readonly string[]>> = {
  "backup-dry-run-metadata": ["backup-legacy-second"],
  "backup-metadata": ["backup-data"],
  "opt-cdm-metadata-after-legacy": ["opt-cdm-legacy-after"],
  "opt-cdm-metadata-after-data-new-archive": ["opt-cdm-data-after"],
};

/** Recorded lines and those that stand in their place here. */
type Instead = Readonly<Record<string, string | undefined>>;

/**
 * Three files of 5 KiB in all lie in one chunk that has no room for another start marker. To take the
 * chunk over costs more than to read them, and they come out as the chunk that is known.
 */
const readAgain = (archive: string): Instead => ({
  " - 3 unchanged, reusable files with 4.942 KiB data":
    " - 0 unchanged, reusable files with 0 B data",
  " - 0 changed or non-reusable files with 0 B data":
    " - 3 changed or non-reusable files with 4.942 KiB data",
  " - 32 B padding in 1 partially reused chunks": " - 0 B padding in 0 partially reused chunks",
  [`${archive}.ppxar: reused 4.974 KiB from previous snapshot for unchanged files (1 chunks)`]:
    undefined,
  [`${archive}.ppxar: had to backup 32 B of 5.005 KiB `]:
    `${archive}.ppxar: had to backup 0 B of 4.974 KiB `,
  // So nothing in the metadata differs from the last time either.
  [`${archive}.mpxar: had to backup 1.076 KiB of 1.076 KiB `]:
    `${archive}.mpxar: had to backup 0 B of 1.076 KiB `,
});

/** Recorded runs of which we say something else on purpose; docs/commands.md says why. */
const KEPT_DIFFERENCES: Readonly<Record<string, Instead>> = {
  "backup-metadata": readAgain("root"),
  "meta-encrypted-2": readAgain("a"),
  // Chunks of archives of other names are known.
  "opt-cdm-metadata-after-data-new-archive": {
    "m2.mpxar: had to backup 1.076 KiB of 1.076 KiB ": "m2.mpxar: had to backup 0 B of 1.076 KiB ",
    "m2.ppxar: had to backup 4.974 KiB of 4.974 KiB ": "m2.ppxar: had to backup 0 B of 4.974 KiB ",
  },
};

/** Lines of a log in an order of their own: the halves of a split archive end in either. */
function recordedLines(run: RecordedRun): string[] {
  const kept = new Map(Object.entries(KEPT_DIFFERENCES[run.name] ?? {}));
  const lines = backupLogLines(run.stderr!).flatMap((line) => {
    if (!kept.has(line)) return [line];
    const ours = kept.get(line);
    kept.delete(line);
    return ours === undefined ? [] : [ours];
  });
  assertEquals([...kept.keys()], [], "differences that there are not");
  return lines.toSorted();
}

Deno.test("recorded backups in metadata mode log the same lines, but for what is taken over", async (test) => {
  await using scratch = await Scratch.create();
  await runPeer("bash", [
    "-c",
    `find '${scratch.folder}/tree' -exec touch -h -d 2023-01-01 {} +`,
  ]);
  const store = `${scratch.folder}/store`;
  Datastore.create(store, { chunkFoldersOnDemand: true })[Symbol.dispose]();
  const repositories = {
    open: () => Promise.resolve(new LocalRepository(Datastore.open(store))),
  };
  const replay = (run: RecordedRun) =>
    runInProcess(
      run.argv.map((word) => scratch.withPaths(word)),
      { PBS_REPOSITORY: "tank", HOME: scratch.folder, ...run.env },
      repositories,
    );
  const runs = runsOf("metadata");
  assert(runs.length > 0);
  for (const run of runs) {
    await test.step(run.name, async () => {
      for (const name of BEFORE[run.name] ?? []) {
        const before = await replay(RECORDED_RUNS.find((candidate) => candidate.name === name)!);
        assertEquals(before.code, 0, before.stderr);
      }
      const outcome = await replay(run);
      const stderr = scratch.withPlaceholders(outcome.stderr);
      assertEquals(backupLogLines(withoutHint(stderr)).toSorted(), recordedLines(run));
      assertEquals([outcome.code, outcome.stdout], [run.exit_code, run.stdout]);
    });
  }
});

import { assertEquals } from "@std/assert";
import { Datastore, LocalRepository } from "../../lib/datastore/mod.ts";
import { backupLogLines } from "../support/backup_log_lines.ts";
import { runInProcess } from "../support/cli_in_process.ts";
import { Scratch } from "../support/cli_scratch.ts";
import { RECORDED_RUNS, type RecordedRun } from "../support/cli_vectors.ts";
import { withoutHint } from "../support/without_hint.ts";

/** Recorded backups of sources that can be made again, in the order in which they happened. */
const RUNS = [
  "backup-legacy-first",
  "backup-legacy-second",
  "backup-same-time",
  "backup-older-time",
  "backup-dry-run",
  "backup-data",
  "backup-default-id",
  "backup-vm",
  "backup-quiet",
  "spec-dup-type",
  "spec-empty-conf",
  "spec-symlink-dir",
  "opt-exclude-empty-class",
  "backup-two-split",
  "backup-two-legacy",
] as const;

/** The halves of a split archive end in either order. */
function lines(text: string, run: RecordedRun): string[] {
  const masked = backupLogLines(text);
  return run.argv.includes("data") ? masked.toSorted() : masked;
}

Deno.test(`${RUNS.length} recorded backups log the same lines on a datastore directory`, async (test) => {
  await using scratch = await Scratch.create();
  const store = `${scratch.folder}/store`;
  Datastore.create(store, { chunkFoldersOnDemand: true })[Symbol.dispose]();
  const repositories = {
    open: () => Promise.resolve(new LocalRepository(Datastore.open(store))),
  };
  for (const name of RUNS) {
    const run = RECORDED_RUNS.find((candidate) => candidate.name === name)!;
    await test.step(name, async () => {
      const outcome = await runInProcess(
        run.argv.map((word) => scratch.withPaths(word)),
        { PBS_REPOSITORY: "tank", HOME: scratch.folder, ...run.env },
        repositories,
      );
      const stderr = scratch.withPlaceholders(outcome.stderr);
      assertEquals(lines(withoutHint(stderr), run), lines(run.stderr!, run));
      assertEquals([outcome.code, outcome.stdout], [run.exit_code, run.stdout]);
    });
  }
});

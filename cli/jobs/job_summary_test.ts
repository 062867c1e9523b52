import { assertEquals } from "@std/assert";
import type { RepositoryRecord } from "../../lib/jobs/mod.ts";
import { jobSummary } from "./job_summary.ts";

const SNAPSHOT = "host/a/2026-01-01T00:00:00Z";

function summary(
  does: "backup" | "maintain" | "both",
  repositories: readonly RepositoryRecord[],
  problems: readonly string[] = [],
): string {
  const [backsUp, maintains] = [does !== "maintain", does !== "backup"];
  return jobSummary({ problems, repositories, backsUp, maintains });
}

Deno.test("a summary speaks of snapshots and of maintenance where the job has them", () => {
  const made = { name: "one", outcome: "ok", snapshot: SNAPSHOT, maintained: true } as const;
  const bad = {
    name: "two",
    outcome: "failed",
    problem: "maintain: verify failed; bad chunks: 1",
  } as const;
  const told = 'repository "two": maintain: verify failed; bad chunks: 1';
  assertEquals(summary("backup", [made]), `1 of 1 snapshots (${SNAPSHOT})`);
  assertEquals(summary("both", [made]), `1 of 1 snapshots (${SNAPSHOT}); maintained`);
  assertEquals(summary("maintain", [{ ...made, snapshot: undefined }]), "maintained");
  assertEquals(
    summary("both", [made, bad]),
    `1 of 2 snapshots (${SNAPSHOT}); 1 of 2 repositories maintained; ${told}`,
  );
  assertEquals(summary("maintain", [bad]), `not maintained; ${told}`);
});

Deno.test("a summary leaves the outcome to what stands beside it", () => {
  const warned = { name: "one", outcome: "warnings", maintained: true } as const;
  assertEquals(summary("maintain", [warned]), "maintained; warnings in one");
  const skipped = { name: "one", outcome: "skipped" } as const;
  assertEquals(summary("backup", [skipped], ["hook x"]), "no snapshot; hook x");
  const same = { name: "one", outcome: "ok", unchanged: true } as const;
  assertEquals(summary("backup", [same]), "nothing has changed");
});

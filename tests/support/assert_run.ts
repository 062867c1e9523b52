import { assert, assertEquals, assertMatch } from "@std/assert";
import type { ClientRun } from "./run_client.ts";
import { withoutHint } from "./without_hint.ts";

/** Exit code of commands that failed (spec: cli.md §1.5). */
const FAILURE = 255;

/** @returns The run, if it succeeded. */
export function assertOk(run: ClientRun): ClientRun {
  assertEquals(run.code, 0, run.stdout + run.stderr);
  return run;
}

/** The run failed with one error that says why, and without a stack. */
export function assertFailure(run: ClientRun, expected: RegExp): void {
  assertEquals(run.code, FAILURE, run.stdout + run.stderr);
  assertMatch(withoutHint(run.stderr), expected);
  assertEquals(run.stderr.match(/^Error: /gm)?.length, 1, run.stderr);
  assert(!/^\s+at .*:\d+:\d+/m.test(run.stderr), `stack trace:\n${run.stderr}`);
}

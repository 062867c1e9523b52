// deno-lint-ignore-file no-console -- the number of faults is reported
import { assert } from "@std/assert";
import type { CallClass, MatrixExtent } from "../../support/fail_calls/call_classes.ts";
import { FailCalls, type FailingCall, ruleOf } from "../../support/fail_calls/fail_calls.ts";

/** What became of a run in which a call failed. */
export type FaultOutcome = "succeeded" | "refused" | "not reached";

/** As many runs as the machine has cores, but not so many that they starve one another. */
const PARALLEL = Math.min(4, navigator.hardwareConcurrency);
/** Failures that are shown in full. */
const SHOWN = 20;

/** Whether the whole matrix was asked for. */
export const faultExtent: MatrixExtent = Deno.env.get("PBS_CLIENT_FAULTS") === "full"
  ? "full"
  : "sample";

/** Only faults whose rule has this in it, to look at one of them again. */
const only = Deno.env.get("PBS_CLIENT_FAULT");

/** What runs that have most calls in common have had. */
export class SeenClasses {
  readonly #seen = new Map<string, Set<string>>();

  /** @returns The classes that are to be tried: in the sample only those new to the family. */
  chooseFrom(classes: readonly CallClass[], family: string | undefined): readonly CallClass[] {
    if (faultExtent === "full" || family === undefined) return classes;
    const had = this.#seen.get(family) ?? new Set();
    this.#seen.set(family, had);
    const chosen = classes.filter(({ call, glob }) => had.size < had.add(`${call} ${glob}`).size);
    // One at least: an operation of which nothing is tried cannot fail.
    return chosen.length > 0 ? chosen : classes.slice(0, 1);
  }
}

/** Builds the program for the scope. */
export async function withFailCalls(body: (fail: FailCalls) => Promise<void>): Promise<void> {
  await using fail = await FailCalls.build();
  await body(fail);
}

/** Runs of a fault until its call is made: which thread comes to a file first decides about some. */
const ATTEMPTS = 4;

/**
 * Tries faults, some at a time.
 *
 * @param run Throws if the fault did harm.
 * @throws If any did, or if calls that came in the run without faults were not made again.
 */
export async function runFaults(
  name: string,
  faults: readonly FailingCall[],
  run: (fault: FailingCall, name: string) => Promise<FaultOutcome>,
  parallel = PARALLEL,
): Promise<void> {
  const chosen = faults.filter((fault) => only === undefined || ruleOf(fault).includes(only));
  const counts = { succeeded: 0, refused: 0, "not reached": 0 };
  const harms: string[] = [];
  let next = 0;
  const worker = async () => {
    while (next < chosen.length) {
      const number = next++;
      const fault = chosen[number]!;
      try {
        let outcome = await run(fault, `fault-${number}`);
        for (let again = 1; outcome === "not reached" && again < ATTEMPTS; again++) {
          outcome = await run(fault, `fault-${number}-${again}`);
        }
        counts[outcome]++;
        if (outcome === "not reached" && faultExtent === "sample") {
          throw new Error("the call was not made again");
        }
      } catch (error) {
        harms.push(`${ruleOf(fault)}\n${indent(explain(error))}`);
      }
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  console.log(
    `${name}: ${chosen.length} faults, ${counts.succeeded} overcome, ${counts.refused} reported` +
      (counts["not reached"] === 0 ? "" : `, ${counts["not reached"]} not reached`),
  );
  assert(
    harms.length === 0,
    `${harms.length} of ${chosen.length} faults did harm:\n${harms.slice(0, SHOWN).join("\n")}`,
  );
}

function explain(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined
    ? `\n${explain(error.cause)}`
    : "";
  return (error instanceof Error ? error.message : String(error)) + cause;
}

function indent(text: string): string {
  return text.trimEnd().split("\n").map((line) => `    ${line}`).join("\n");
}

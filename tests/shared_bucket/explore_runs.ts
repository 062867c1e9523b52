import { type Actor, type Choice, ExploredRun, type RunLimits } from "./explored_run.ts";
import type { Objects } from "./explored_store.ts";
import { withoutChance } from "./without_chance.ts";

/** What is gone through. */
export interface Scenario extends RunLimits {
  /** Objects that are there at the beginning. */
  readonly objects: Objects;
  readonly actors: readonly Actor[];
  /** What is wrong with objects as they are at some moment; undefined if nothing is. */
  readonly findFault: (objects: Objects) => string | undefined;
}

/** What has been gone through. */
export interface RunsExplored {
  readonly states: number;
  readonly runs: number;
  /** Requests and the fault to which they have led; undefined if there is none. */
  readonly fault: string | undefined;
  /** Objects of all runs at their ends. */
  readonly ends: readonly Objects[];
}

/** A way to a state that was not looked at yet. */
interface Way {
  readonly before: Way | undefined;
  readonly choice: Choice;
}

/**
 * Goes through all orders in which real processes can send their requests. A state is what all of them have
 * been told and what is in the store; none is gone through twice.
 */
export async function exploreRuns(
  { objects, actors, findFault, ...limits }: Scenario,
): Promise<RunsExplored> {
  let current: ExploredRun | undefined;
  using _ = withoutChance((bytes) => current?.fill(bytes) !== undefined);
  const seen = new Set<string>();
  const open: { way: Way | undefined; key: string }[] = [{ way: undefined, key: "" }];
  const ends: Objects[] = [];
  let runs = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (seen.has(next.key)) continue;
    runs++;
    await using run = await ExploredRun.start(objects, actors, limits, (it) => current = it);
    for (const choice of choicesOf(next.way)) await run.take(choice);
    let { way } = next;
    for (;;) {
      const { key } = run;
      if (next.key !== "" && !seen.has(next.key) && key !== next.key) {
        throw new Error(
          `a run is not what it was before\n${run.trace.join("\n")}`,
        );
      }
      seen.add(key);
      const wrong = run.failure ?? findFault(run.objects);
      if (wrong !== undefined) {
        return { states: seen.size, runs, fault: `${run.trace.join("\n")}\n${wrong}`, ends };
      }
      const choices = run.choices().filter(({ key }) => !seen.has(key));
      if (run.isOver) ends.push(new Map(run.objects));
      const [first, ...rest] = choices;
      if (first === undefined) break;
      for (const { choice, key } of rest) open.push({ way: { before: way, choice }, key });
      way = { before: way, choice: first.choice };
      await run.take(first.choice);
    }
  }
  return { states: seen.size, runs, fault: undefined, ends };
}

function choicesOf(way: Way | undefined): Choice[] {
  const choices: Choice[] = [];
  for (let at = way; at !== undefined; at = at.before) choices.push(at.choice);
  return choices.reverse();
}

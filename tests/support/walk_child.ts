// deno-lint-ignore-file no-console
// Walks a tree in a process of its own, for tests that need other privileges or mounts.
// Argument: JSON of a WalkChildOptions. Prints JSON of a WalkChildResult.
import { describeWarning, walkTree, type WalkWarning } from "../../lib/fs/mod.ts";
import { describeError } from "../../lib/errors/mod.ts";
import { LevelRecorder } from "./level_recorder.ts";
import { recordWalk } from "./walk_recorder.ts";

/** What to walk. */
export interface WalkChildOptions {
  readonly source: string;
  readonly allFileSystems?: boolean;
  /** Paths whose devices are included. */
  readonly includePaths?: readonly string[];
  /** Look for tags of caches and rules of Git, and for entries of this name. */
  readonly mark?: string;
  /** Report `level name` instead of paths, for very deep trees. */
  readonly levelsOnly?: boolean;
}

/** What came of it. */
export interface WalkChildResult {
  readonly paths: readonly string[];
  /** Level and line. */
  readonly warnings: readonly (readonly [string, string])[];
  readonly error?: string;
}

if (import.meta.main) {
  const childOptions: WalkChildOptions = JSON.parse(Deno.args[0]!);
  const { source, allFileSystems = false, includePaths = [], levelsOnly, mark } = childOptions;
  const warnings: [string, string][] = [];
  const onWarning = (warning: WalkWarning) => {
    const { level, text } = describeWarning(warning);
    warnings.push([level, text]);
  };
  const includeDevices = new Set(includePaths.map((path) => Deno.statSync(path).dev));
  let result: WalkChildResult;
  try {
    const filters = mark === undefined
      ? {}
      : { caches: true, gitignore: true, ifPresent: [new TextEncoder().encode(mark)] };
    const options = { source, allFileSystems, includeDevices, filters, onWarning };
    const levels = new LevelRecorder();
    if (levelsOnly) await walkTree(options, levels);
    else levels.entries.push(...(await recordWalk(options)).paths);
    result = { paths: levels.entries, warnings };
  } catch (error) {
    result = { paths: [], warnings, error: describeError(error)[0]! };
  }
  console.log(JSON.stringify(result));
}

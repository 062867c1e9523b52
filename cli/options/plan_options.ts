import type { PlanRequest } from "../../lib/backup/mod.ts";
import { UsageError } from "../../lib/errors/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { Parameter } from "../command.ts";
import type { Output } from "../output/output.ts";

/** Levels of directories that are shown if nobody says how many. */
const DEFAULT_DEPTH = 1;

/** The option that says how much a dry run tells; ours. */
export const DEPTH_OPTION: Parameter = {
  name: "depth",
  type: { kind: "integer", minimum: 0, maximum: 1000 },
  description: "With --dry-run: how many levels of directories to list with their sizes; " +
    `${DEFAULT_DEPTH} on a terminal or with --output-format, elsewhere nothing is listed if absent.`,
};

/**
 * The plan that a dry run has to make. A script that knows the official client's dry run gets that one,
 * which does not look into the sources.
 *
 * @returns undefined if there is nobody to tell it.
 * @throws {UsageError} if it is asked for without a dry run.
 */
export function planRequestOf(values: CommandValues, output: Output): PlanRequest | undefined {
  if (!values.flag("dry-run")) {
    if (values.has("depth")) throw new UsageError("option 'depth' needs option 'dry-run'");
    return undefined;
  }
  const listsLeftOut = values.flag("verbose");
  const isWanted = listsLeftOut || output.showsResults ||
    ["depth", "output-format", "warnings-exit"].some((name) => values.has(name));
  if (!isWanted) return undefined;
  return { depth: values.integer("depth") ?? DEFAULT_DEPTH, listsLeftOut };
}

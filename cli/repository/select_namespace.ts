import type { CommandValues } from "../arguments/command_values.ts";
import type { Environment } from "../environment.ts";
import { checkNamespace } from "./check_namespace.ts";

/**
 * The namespace a command works in: `--ns`, then `PBS_NAMESPACE`, then the root
 * (spec: cli.md §2.3, §6.1).
 *
 * @param environment Absent for the commands that ignore the variable.
 * @returns Empty for the root.
 * @throws {UsageError} if it is too deep, too long, or the variable holds none.
 */
export function selectNamespace(values: CommandValues, environment?: Environment): string {
  return checkNamespace(values.text("ns") ?? environment?.get("PBS_NAMESPACE") ?? "");
}

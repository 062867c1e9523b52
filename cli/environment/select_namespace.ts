import { UsageError } from "../../lib/errors/mod.ts";
import { isSafeName, MAX_NAMESPACE_DEPTH } from "../../lib/repository/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { Environment } from "./environment.ts";

const MAX_COMPONENT_LENGTH = 255;

/**
 * The namespace a command works in: `--ns`, then `PBS_NAMESPACE`, then the root
 * (spec: cli.md §2.3, §6.1).
 *
 * @param environment Absent for the commands that ignore the variable.
 * @returns Empty for the root.
 * @throws {UsageError} if it is too deep, too long, or the variable holds none.
 */
export function selectNamespace(values: CommandValues, environment?: Environment): string {
  const namespace = values.text("ns") ?? environment?.get("PBS_NAMESPACE") ?? "";
  if (namespace === "") return "";
  const components = namespace.split("/");
  const wrong = components.find((component) => !isSafeName(component));
  if (wrong !== undefined) {
    throw new UsageError(`not a valid namespace component: ${wrong}`);
  }
  if (components.length > MAX_NAMESPACE_DEPTH) {
    throw new UsageError(
      `namespace too deep, ${components.length - 1} >= max ${MAX_NAMESPACE_DEPTH}`,
    );
  }
  if (components.some((component) => component.length > MAX_COMPONENT_LENGTH)) {
    throw new UsageError("namespace length exceeded");
  }
  return namespace;
}

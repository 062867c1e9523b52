import { UsageError } from "../../lib/errors/mod.ts";
import { isSafeName, MAX_NAMESPACE_DEPTH } from "../../lib/repository/mod.ts";

const MAX_COMPONENT_LENGTH = 255;

/**
 * Checks what the form of a namespace does not tell (spec: cli.md §6.1).
 *
 * @returns The namespace; empty for the root.
 * @throws {UsageError} if it is too deep, too long, or none.
 */
export function checkNamespace(namespace: string): string {
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

import { UsageError } from "../errors/mod.ts";
import { isSafeName } from "./parse_repository_rules.ts";

/** Components a namespace may have (spec: datastore-formats.md §6.2). */
export const MAX_NAMESPACE_DEPTH = 7;

/** Characters a namespace may have, slashes included. */
export const MAX_NAMESPACE_LENGTH = 256;

/**
 * The components of a namespace; none for the root namespace `""`.
 *
 * @throws {UsageError} if it is too deep, too long or a component is no safe id.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(namespaceComponents("a/b"), ["a", "b"]);
 * assertEquals(namespaceComponents(""), []);
 * ```
 */
export function namespaceComponents(namespace: string): string[] {
  if (namespace === "") return [];
  if (namespace.length > MAX_NAMESPACE_LENGTH) {
    throw new UsageError(`namespace of ${namespace.length} characters is too long`);
  }
  const components = namespace.split("/");
  if (!components.every(isSafeName)) {
    throw new UsageError(`unable to parse namespace '${namespace}'`);
  }
  if (components.length > MAX_NAMESPACE_DEPTH) {
    throw new UsageError(
      `namespace too deep, ${components.length - 1} >= max ${MAX_NAMESPACE_DEPTH}`,
    );
  }
  return components;
}

/**
 * The namespace `name` directly below `parent`.
 *
 * @throws {UsageError} if there can be no such namespace.
 */
export function childNamespace(parent: string, name: string): string {
  if (!isSafeName(name)) throw new UsageError(`"${name}" is not a namespace component`);
  const child = parent === "" ? name : `${parent}/${name}`;
  namespaceComponents(child);
  return child;
}

/** The namespace a namespace lies in; undefined for the root namespace. */
export function parentNamespace(namespace: string): string | undefined {
  if (namespace === "") return undefined;
  return namespace.slice(0, Math.max(namespace.lastIndexOf("/"), 0));
}

import { ServerError } from "../../errors/mod.ts";

/** The target of a request taken apart (spec: protocol.md §1.7). */
export interface RequestTarget {
  /** The path's components as they were sent; empty ones are dropped. */
  readonly components: readonly string[];
  /** The path without empty components. */
  readonly path: string;
  /** Without `?`. */
  readonly query: string;
}

/**
 * Takes a request's target apart. No URL parser: for one of those, `//api2` would name a host.
 *
 * @throws {ServerError} with 400 if a component starts with a dot.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const target = parseRequestTarget("//api2/json/backup/?store=x");
 * assertEquals(target.path, "/api2/json/backup");
 * assertEquals(target.query, "store=x");
 * ```
 */
export function parseRequestTarget(target: string): RequestTarget {
  const relative = target.replace(/^https?:\/\/[^/?]*/i, "");
  const mark = relative.indexOf("?");
  const path = mark < 0 ? relative : relative.slice(0, mark);
  const components = path.split("/").filter((component) => component !== "");
  if (components.some((component) => component.startsWith("."))) {
    throw new ServerError(400, "path contains illegal components");
  }
  return {
    components,
    path: `/${components.join("/")}`,
    query: mark < 0 ? "" : relative.slice(mark + 1),
  };
}

/** A component with its percent-encoding removed; undefined if that is malformed. */
export function decodeComponent(component: string): string | undefined {
  try {
    return decodeURIComponent(component);
  } catch {
    return undefined;
  }
}

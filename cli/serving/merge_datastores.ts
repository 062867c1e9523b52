import { UsageError } from "../../lib/errors/mod.ts";
import { checkDatastoreConfig, type DatastoreConfig } from "../../lib/server/mod.ts";

/**
 * The datastores of the configuration and those that were given as `NAME=PATH`.
 *
 * @throws {UsageError} if one is wrong.
 */
export function mergeDatastores(
  configured: readonly DatastoreConfig[],
  given: readonly string[],
): DatastoreConfig[] {
  const merged = new Map(configured.map((store) => [store.name, store]));
  for (const text of given) {
    const equals = text.indexOf("=");
    if (equals < 1) throw new UsageError(`"${text}" is not of the form NAME=PATH`);
    const name = text.slice(0, equals);
    const path = absolute(text.slice(equals + 1));
    checkDatastoreConfig(name, path);
    const { backend: _, ...before } = merged.get(name) ?? {};
    merged.set(name, { ...before, name, path });
  }
  return [...merged.values()];
}

/** Datastores to start with. @throws {UsageError} if there are none. */
export function requireDatastores(datastores: DatastoreConfig[]): DatastoreConfig[] {
  if (datastores.length > 0) return datastores;
  throw new UsageError("there is no datastore: add one with --datastore NAME=PATH");
}

function absolute(path: string): string {
  return path.startsWith("/") ? path : `${Deno.cwd()}/${path}`;
}

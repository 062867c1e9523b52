import { UsageError } from "../../errors/mod.ts";
import { parsePropertyString } from "./property_string.ts";
import type { DatastoreConfig } from "./server_config.ts";

/** Words of the reference's `tuning`, and the properties that they are in our file. */
const PROPERTIES: Readonly<Record<string, string>> = {
  "sync-level": "sync-level",
  "gc-atime-cutoff": "gc-cutoff",
  "gc-atime-safety-check": "gc-atime-safety-check",
};

/**
 * Reads the `tuning` of a datastore as the API has it: `sync-level=file,gc-atime-cutoff=60`.
 *
 * @returns Properties of the configuration file.
 * @throws {UsageError} if it has what is not tuned here.
 */
export function parseTuning(text: string): Readonly<Record<string, string>> {
  const values = parsePropertyString(text, Object.keys(PROPERTIES));
  return Object.fromEntries([...values].map(([key, value]) => {
    if (value === "") throw new UsageError(`"${key}" has no value`);
    return [PROPERTIES[key]!, value];
  }));
}

/** The names of the properties that {@linkcode parseTuning} gives. */
export const TUNED_PROPERTIES: readonly string[] = Object.values(PROPERTIES);

/** The text that {@linkcode parseTuning} reads; undefined if nothing is tuned. */
export function formatTuning(config: DatastoreConfig): string | undefined {
  const { syncLevel, gcCutoffMinutes, gcAccessTimeCheck } = config;
  const parts = [
    ...syncLevel === undefined ? [] : [`sync-level=${syncLevel}`],
    ...gcCutoffMinutes === undefined ? [] : [`gc-atime-cutoff=${gcCutoffMinutes}`],
    ...gcAccessTimeCheck === undefined ? [] : [`gc-atime-safety-check=${gcAccessTimeCheck}`],
  ];
  return parts.length === 0 ? undefined : parts.join(",");
}

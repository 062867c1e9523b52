/** Severity of a log line; a threshold lets through what is before it in this list. */
export type LogLevel = "error" | "warn" | "info" | "debug" | "trace";

/** Values of a log threshold. */
export type LogThreshold = "off" | LogLevel;

const ORDER: readonly LogThreshold[] = ["off", "error", "warn", "info", "debug", "trace"];

/** Whether a line of a level passes a threshold. */
export function passesThreshold(level: LogLevel, threshold: LogThreshold): boolean {
  return ORDER.indexOf(level) <= ORDER.indexOf(threshold);
}

/**
 * Parses the value of `PBS_LOG` (spec: cli.md §3.2): a name in any case or a digit; empty means
 * `error`.
 *
 * @returns undefined if the text is no threshold.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(["WARN", "4", "", "x=debug"].map(parseLogThreshold), [
 *   "warn",
 *   "debug",
 *   "error",
 *   undefined,
 * ]);
 * ```
 */
export function parseLogThreshold(text: string): LogThreshold | undefined {
  if (text === "") return "error";
  if (/^[0-5]$/.test(text)) return ORDER[Number(text)];
  return ORDER.find((threshold) => threshold === text.toLowerCase());
}

import type { Environment } from "../environment.ts";

/** Tells a process that was started to go on in the background who has started it. */
export const FOREGROUND_VARIABLE = "PBS_CLIENT_FOREGROUND";

/**
 * The process that this one was started by to go on in the background; it has the same command line,
 * and waits until this one is ready. Undefined in the foreground.
 */
export function foregroundProcess(environment: Environment): number | undefined {
  const text = environment.get(FOREGROUND_VARIABLE) ?? "";
  return /^[1-9]\d{0,9}$/.test(text) ? Number(text) : undefined;
}

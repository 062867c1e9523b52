import { fromFileUrl } from "@std/path";

const DRIVER = fromFileUrl(new URL("./type_on_terminal.py", import.meta.url));
// deno-lint-ignore no-control-regex -- what moves the cursor, colours, erases and switches modes
const ESCAPES = /\x1b\[[?\d;]*[A-Za-z]|\r/g;

/** A text that has to appear, or several one after the other, and what is typed then. */
export type TypedStep = readonly [awaited: string | readonly string[], typed: string];

/** How a session on a terminal ended. */
export interface TypedSession {
  readonly code: number;
  /** Everything that appeared, without escape sequences. */
  readonly transcript: string;
}

/**
 * Runs a command on a terminal of its own.
 *
 * @param steps One after the other.
 */
export async function typeOnTerminal(
  steps: readonly TypedStep[],
  command: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<TypedSession> {
  const { code, stdout } = await new Deno.Command("python3", {
    args: [DRIVER, JSON.stringify(steps), ...command],
    env: { TERM: "xterm", TZ: "UTC", LANG: "C.UTF-8", ...env },
    stdin: "null",
  }).output();
  return { code, transcript: new TextDecoder().decode(stdout).replace(ESCAPES, "") };
}

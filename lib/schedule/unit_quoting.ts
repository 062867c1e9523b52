import { UsageError } from "../errors/mod.ts";

/** Characters that a line of a unit cannot have, or only as escapes. */
// deno-lint-ignore no-control-regex
const CONTROLS = /[\x00-\x1f\x7f]/g;

/**
 * A word of a command line in a unit: in quotes, with nothing left that systemd would expand.
 *
 * @param isProgram The path of the program: variables are not expanded there.
 */
export function execWord(word: string, isProgram = false): string {
  const quoted = quotedWord(word);
  return isProgram ? quoted : quoted.replaceAll("$", "$$$$");
}

/** A word of other settings: in quotes, with specifiers and escapes undone. */
export function quotedWord(word: string): string {
  const escaped = word.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("%", "%%")
    .replaceAll(
      CONTROLS,
      (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`,
    );
  return `"${escaped}"`;
}

/**
 * A path as one of several of a setting.
 *
 * @throws {UsageError} if a unit has no way to write it.
 */
export function pathWord(path: string): string {
  return quotedWord(plainPath(path));
}

/**
 * A path that is a whole value, where nothing but specifiers is expanded.
 *
 * @throws {UsageError} if a unit has no way to write it.
 */
export function pathValue(path: string): string {
  return plainPath(path).replaceAll("%", "%%");
}

function plainPath(path: string): string {
  if (path.search(CONTROLS) >= 0 || /^\s|\s$/.test(path)) {
    throw new UsageError(`a unit cannot name the path ${JSON.stringify(path)}: rename it`);
  }
  return path;
}

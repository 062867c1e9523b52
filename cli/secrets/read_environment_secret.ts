import { UsageError } from "../../lib/errors/mod.ts";
import type { Environment } from "../environment.ts";
import { describeSystemError } from "../files/describe_system_error.ts";
import { splitShellWords } from "./split_shell_words.ts";

/**
 * Reads a value from the family of variables that secrets have (spec: cli.md §3.1): the variable
 * itself, `_FD`, `_FILE`, `_CMD`, then the credential of the service manager. The first that is
 * defined counts, even if it is empty. All are cut at the first line end; in front of what comes from
 * files an editor's byte order mark is left out.
 *
 * @param base For instance `PBS_REPOSITORY`.
 * @param credential Name of the file below `$CREDENTIALS_DIRECTORY`.
 * @param options With `emptyIsUnset` an empty source is passed over.
 * @returns undefined if no source is defined.
 * @throws {UsageError} if the source that counts cannot be read.
 */
export function readEnvironmentSecret(
  environment: Environment,
  base: string,
  credential: string,
  { emptyIsUnset = false }: { readonly emptyIsUnset?: boolean } = {},
): string | undefined {
  const variable = (suffix: string) => {
    const value = environment.get(base + suffix);
    return emptyIsUnset && value === "" ? undefined : value;
  };
  for (const [suffix, read] of SOURCES) {
    const value = variable(suffix);
    if (value === undefined) continue;
    const text = firstLine(read(base + suffix, value));
    if (text !== "" || !emptyIsUnset) return text;
  }
  const text = readCredential(environment, credential);
  return emptyIsUnset && text === "" ? undefined : text;
}

/** The variables' suffixes in the order in which they count, and how each is read. */
const SOURCES: readonly (readonly [string, (variable: string, value: string) => string])[] = [
  ["", (_, value) => value],
  ["_FD", readDescriptor],
  ["_FILE", readVariableFile],
  ["_CMD", runVariableCommand],
];

function firstLine(text: string): string {
  const end = text.indexOf("\n");
  if (end < 0) return text;
  return text.slice(0, text[end - 1] === "\r" ? end - 1 : end);
}

function readDescriptor(variable: string, text: string): string {
  if (!/^\d+$/.test(text)) {
    throw new UsageError(
      `unable to parse file descriptor in ENV(${variable}): invalid digit found in string`,
    );
  }
  return readFile(`/proc/self/fd/${Number(text)}`, variable);
}

function readVariableFile(variable: string, path: string): string {
  return readFile(path, variable);
}

function readFile(path: string, variable: string): string {
  let bytes: Uint8Array;
  try {
    bytes = Deno.readFileSync(path);
  } catch (error) {
    throw new UsageError(
      `unable to open file in ENV(${variable}): ${describeSystemError(error)}`,
    );
  }
  try {
    return decodeText(bytes);
  } catch {
    throw new UsageError(`the file in ENV(${variable}) is not valid UTF-8`);
  }
}

/** @throws {TypeError} if the bytes are not UTF-8. */
function decodeText(bytes: Uint8Array): string {
  // Without `ignoreBOM` the decoder leaves a byte order mark out.
  return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
}

function runVariableCommand(variable: string, command: string): string {
  const [program, ...words] = splitShellWords(command);
  if (program === undefined) throw new UsageError(`no command in ENV(${variable})`);
  let result: Deno.CommandOutput;
  try {
    result = new Deno.Command(program, { args: words, stdin: "null" }).outputSync();
  } catch (error) {
    throw new UsageError(`failed to execute "${program}" - ${describeSystemError(error)}`);
  }
  if (!result.success) {
    const shown = [program, ...words].map((word) => `"${word}"`).join(" ");
    const messages = new TextDecoder().decode(result.stderr).trim();
    throw new UsageError(
      result.signal === null
        ? `command ${shown} failed - status code: ${result.code} - ${
          messages || "no error message"
        }`
        : `command ${shown} failed - terminated by signal`,
    );
  }
  return new TextDecoder().decode(result.stdout);
}

function readCredential(environment: Environment, name: string): string | undefined {
  const folder = environment.get("CREDENTIALS_DIRECTORY");
  if (folder === undefined || folder === "") return undefined;
  try {
    const bytes = Deno.readFileSync(`${folder}/${name}`);
    return firstLine(decodeText(bytes));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return undefined;
    }
    const reason = error instanceof TypeError ? "not valid UTF-8" : describeSystemError(error);
    throw new UsageError(`unable to read credential '${name}': ${reason}`);
  }
}

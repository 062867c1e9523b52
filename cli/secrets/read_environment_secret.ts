import { spawnSync } from "node:child_process";
import { UsageError } from "../../lib/errors/mod.ts";
import type { Environment } from "../environment.ts";
import { describeSystemError } from "../files/describe_system_error.ts";
import { splitShellWords } from "./split_shell_words.ts";

/** More than any secret has, with what follows its first line. */
const MAX_BYTES = 1024 * 1024;

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
    bytes = readBounded(path);
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

/** As lib/bounded has it, whose modules each start of the program would have to load for this. */
function readBounded(path: string): Uint8Array {
  using file = Deno.openSync(path);
  const bytes = new Uint8Array(MAX_BYTES + 1);
  let length = 0;
  for (let count; (count = file.readSync(bytes.subarray(length)));) length += count;
  if (length > MAX_BYTES) throw new Error(`it has more than ${MAX_BYTES} bytes`);
  return bytes.subarray(0, length);
}

/** @throws {TypeError} if the bytes are not UTF-8. */
function decodeText(bytes: Uint8Array): string {
  // Without `ignoreBOM` the decoder leaves a byte order mark out.
  return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
}

function runVariableCommand(variable: string, command: string): string {
  const [program, ...words] = splitShellWords(command);
  if (program === undefined) throw new UsageError(`no command in ENV(${variable})`);
  const shown = [program, ...words].map((word) => `"${word}"`).join(" ");
  // The only way to run a program meanwhile that bounds what it prints.
  const { error, status, signal, stdout, stderr } = spawnSync(program, words, {
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: MAX_BYTES,
  });
  const code = error !== undefined && "code" in error ? error.code : undefined;
  if (code === "ENOBUFS") {
    throw new UsageError(`command ${shown} failed - it prints more than ${MAX_BYTES} bytes`);
  }
  if (error !== undefined || typeof status !== "number" && !signal) {
    // The runtime says nothing of a file that is no program.
    const [number, text] = code === "ENOENT"
      ? [2, "No such file or directory"]
      : [13, "Permission denied"];
    throw new UsageError(`failed to execute "${program}" - ${text} (os error ${number})`);
  }
  if (status !== 0) {
    const messages = new TextDecoder().decode(stderr).trim();
    throw new UsageError(
      typeof status === "number"
        ? `command ${shown} failed - status code: ${status} - ${messages || "no error message"}`
        : `command ${shown} failed - terminated by signal`,
    );
  }
  return new TextDecoder().decode(stdout);
}

function readCredential(environment: Environment, name: string): string | undefined {
  const folder = environment.get("CREDENTIALS_DIRECTORY");
  if (folder === undefined || folder === "") return undefined;
  try {
    const bytes = readBounded(`${folder}/${name}`);
    return firstLine(decodeText(bytes));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return undefined;
    }
    const reason = error instanceof TypeError ? "not valid UTF-8" : describeSystemError(error);
    throw new UsageError(`unable to read credential '${name}': ${reason}`);
  }
}

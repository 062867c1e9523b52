import { gatherOutput, readSmallFile } from "../bounded/mod.ts";
import { withoutMark } from "../bytes/mod.ts";
import { UsageError } from "../errors/mod.ts";
import type { SecretReference } from "./secret_reference.ts";

/** Time that a command has to print a secret. */
const COMMAND_MS = 30_000;
/** More than any secret has. */
const MAX_BYTES = 64 * 1024;

/**
 * The secret behind a reference: the first line. What a command prints otherwise is not shown, since
 * it may be a secret too.
 *
 * @param environment Knows `CREDENTIALS_DIRECTORY`.
 * @param limitMs Time that a command has.
 * @throws {UsageError} naming the reference if there is no secret.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const reference = { kind: "command", words: ["/bin/echo", "secret"] } as const;
 * assertEquals(await resolveSecret(reference, { get: () => undefined }), "secret");
 * ```
 */
export async function resolveSecret(
  reference: SecretReference,
  environment: { get(name: string): string | undefined },
  limitMs: number = COMMAND_MS,
): Promise<string> {
  switch (reference.kind) {
    case "file":
      return await firstLineOf(reference.path, `"${reference.path}"`);
    case "credential": {
      const what = `the credential "${reference.name}"`;
      const folder = environment.get("CREDENTIALS_DIRECTORY");
      if (folder === undefined || folder === "") {
        throw new UsageError(`cannot read ${what}: no service manager handed over any`);
      }
      return await firstLineOf(`${folder}/${reference.name}`, what);
    }
    case "command":
      return await runFor(reference.words, limitMs);
  }
}

async function firstLineOf(path: string, what: string): Promise<string> {
  let bytes: Uint8Array;
  try {
    if ((await Deno.stat(path)).isDirectory) throw new Error("it is a folder");
    bytes = await readSmallFile(path, MAX_BYTES);
  } catch (error) {
    throw new UsageError(`cannot read the secret in ${what}: ${(error as Error).message}`, {
      cause: error,
    });
  }
  return checkSecret(bytes, what);
}

async function runFor(words: readonly string[], limitMs: number): Promise<string> {
  const [program = "", ...args] = words;
  const what = `the output of "${program}"`;
  let child: Deno.ChildProcess;
  try {
    // A group of its own, so that what it has started ends with it.
    const options = {
      args,
      stdin: "null",
      stdout: "piped",
      stderr: "null",
      detached: true,
    } as const;
    child = new Deno.Command(program, options).spawn();
  } catch (error) {
    throw new UsageError(`cannot run "${program}" for a secret: ${(error as Error).message}`, {
      cause: error,
    });
  }
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    Deno.kill(-child.pid, "SIGKILL");
  }, limitMs);
  const { status, stdout, isTooMuch } = await gatherOutput(child, { stdoutBytes: MAX_BYTES })
    .finally(() => clearTimeout(timer));
  if (isLate) throw new UsageError(`"${program}" printed no secret in ${limitMs / 1000} s`);
  if (isTooMuch) {
    throw new UsageError(`"${program}" printed more than ${MAX_BYTES} bytes, no secret`);
  }
  if (!status.success) {
    throw new UsageError(`"${program}" failed to print a secret: status code ${status.code}`);
  }
  return checkSecret(stdout, what);
}

function checkSecret(bytes: Uint8Array, what: string): string {
  let text: string;
  try {
    text = withoutMark(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new UsageError(`the secret in ${what} is not valid UTF-8`);
  }
  const line = text.split("\n", 1)[0]!.replace(/\r$/, "");
  if (line === "") throw new UsageError(`there is no secret in ${what}: its first line is empty`);
  return line;
}

import { type GatheredOutput, gatherOutput } from "../../lib/bounded/mod.ts";
import { PbsError } from "../../lib/errors/mod.ts";
import { describeSystemError } from "../files/describe_system_error.ts";

const OUTPUT_BYTES = 32 * 1024 * 1024;
const MESSAGE_BYTES = 64 * 1024;

/**
 * Runs a program of the system and returns what it prints.
 *
 * @throws {PbsError} with what it says if it fails, or if it cannot be started.
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  input?: string,
): Promise<string> {
  let output: GatheredOutput;
  try {
    const child = new Deno.Command(program, {
      args: [...args],
      stdin: input === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    if (input !== undefined) {
      const writer = child.stdin.getWriter();
      await writer.write(new TextEncoder().encode(input));
      await writer.close();
    }
    output = await gatherOutput(child, { stdoutBytes: OUTPUT_BYTES, stderrBytes: MESSAGE_BYTES });
  } catch (cause) {
    throw new PbsError(`cannot run ${program}: ${describeSystemError(cause)}`, { cause });
  }
  const [stdout, stderr] = [output.stdout, output.stderr].map((bytes) =>
    new TextDecoder().decode(bytes)
  );
  const shown = [program, ...args].join(" ");
  if (output.isTooMuch) throw new PbsError(`${shown} printed more than ${OUTPUT_BYTES} bytes`);
  if (output.status.success) return stdout!;
  throw new PbsError(
    `${shown}: ${stderr!.trim() || `exit code ${output.status.code}`}`,
  );
}

/** Whether a program can be found. */
export function hasProgram(program: string, path: string | undefined): boolean {
  return (path ?? "").split(":").some((folder) => {
    try {
      return folder !== "" && Deno.statSync(`${folder}/${program}`).isFile;
    } catch {
      return false;
    }
  });
}

import { gatherOutput } from "../bounded/mod.ts";
import { ConnectionError, PbsError, UsageError } from "../errors/mod.ts";
import type { MailParcel } from "./_mail_parcel.ts";

/** The exit code by which such programs say that a later try may work (sysexits.h). */
const EX_TEMPFAIL = 75;
/** As much of what a program says as a person reads, characters, and as is taken of it, bytes. */
const MAX_WORDS = 500;
const MAX_SAID_BYTES = 16 * 1024;

/**
 * Hands a mail to a program that is called like `sendmail`.
 *
 * @throws {ConnectionError} with what it said if it does not take the mail now.
 * @throws {PbsError} if it never will.
 */
export async function sendByProgram(program: string, parcel: MailParcel): Promise<undefined> {
  const { target, message, signal } = parcel;
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(program, {
      // `-i`: a line with one dot is no end; `--`: no address is an option.
      args: ["-i", "-f", target.sender, "--", ...target.to],
      stdin: "piped",
      stdout: "null",
      stderr: "piped",
      // A group of its own, so that what it has started ends with it.
      detached: true,
    }).spawn();
  } catch (cause) {
    throw new UsageError(`cannot run "${program}": ${(cause as Error).message}`, { cause });
  }
  const end = () => Deno.kill(-child.pid, "SIGKILL");
  signal.addEventListener("abort", end, { once: true });
  const writing = writeAll(child, message);
  const { status, stderr } = await gatherOutput(child, { stderrBytes: MAX_SAID_BYTES })
    .finally(() => signal.removeEventListener("abort", end));
  if (status.success) {
    const problem = await writing;
    if (problem === undefined) return undefined;
    throw new ConnectionError(`"${program}" did not read the mail: ${problem.message}`);
  }
  const said = new TextDecoder().decode(stderr).replaceAll(/\s+/g, " ").trim().slice(0, MAX_WORDS);
  const text = `"${program}" did not take the mail, exit code ${status.code}`;
  const complaint = said === "" ? text : `${text}: ${said}`;
  throw status.code === EX_TEMPFAIL ? new ConnectionError(complaint) : new PbsError(complaint);
}

/** @returns Why the program did not take it all; its exit code counts first. */
async function writeAll(child: Deno.ChildProcess, message: Uint8Array): Promise<Error | undefined> {
  const writer = child.stdin.getWriter();
  try {
    const lines = new TextDecoder().decode(message).replaceAll("\r\n", "\n");
    await writer.write(new TextEncoder().encode(lines));
    await writer.close();
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

import { PXAR } from "../../cli/pxar_program.ts";
import { type InProcessRun, runInProcess } from "./cli_in_process.ts";
import { type ClientOptions, type ClientRun, runClient } from "./run_client.ts";

/** Starts what follows under the name `pxar`. */
const UNDER_NAME = ["bash", "-c", 'exec -a pxar "$@"', "bash"];

/** Runs `pxar` in a process of its own. */
export function runPxar(args: readonly string[], options: ClientOptions = {}): Promise<ClientRun> {
  return runClient(args, { ...options, under: UNDER_NAME });
}

/** Runs `pxar` in this process. */
export function runPxarHere(
  args: readonly string[],
  env: Readonly<Record<string, string | null>> = {},
): Promise<InProcessRun> {
  return runInProcess(args, env, undefined, PXAR);
}

/** Runs `pxar` in this process, and fails the test with its output unless it succeeds. */
export async function runPxarOk(
  args: readonly string[],
  env: Readonly<Record<string, string | null>> = {},
): Promise<string> {
  const { code, stdout, stderr } = await runPxarHere(args, env);
  if (code !== 0) throw new Error(`pxar ${args.join(" ")} ended with ${code}:\n${stderr}`);
  return stdout;
}

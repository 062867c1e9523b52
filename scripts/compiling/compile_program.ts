import { VERSION } from "../../cli/version.ts";
import { runTool } from "../packing/run_tool.ts";

/** What `deno compile` says of its runtime, whatever the reason. */
const NO_RUNTIME = "Setting up base binary";

/**
 * Compiles a program that was laid out, and tries it.
 *
 * @param folder Of the program.
 * @param include Paths in it that no import names.
 * @param output Path of the executable.
 * @param untried Whether to leave out the trial.
 * @throws {Error} if there is no compile runtime, or one that does not run the program.
 */
export async function compileProgram(
  folder: string,
  include: readonly string[],
  output: string,
  untried: boolean,
): Promise<void> {
  try {
    await runTool(Deno.execPath(), [
      ...["compile", "--quiet", "--no-check", "--cached-only", "--frozen"],
      // Of the packages of the lock file only those that the program uses.
      "--exclude-unused-npm",
      // /proc and /dev can be read by a program with all permissions only.
      "--allow-all",
      ...["--app-name", "pbs-client", "--output", await absolute(output)],
      ...include.flatMap((path) => ["--include", path]),
      "cli/main.ts",
    ], { cwd: folder, env: { NO_COLOR: "1" } });
  } catch (error) {
    const { message } = error as Error;
    // Its first line has the names of all modules in it.
    if (!message.includes(NO_RUNTIME)) throw new Error(message.replace(/^.*\n/, ""));
    throw new Error(
      `the compile runtime of Deno ${Deno.version.deno} (denort) cannot be downloaded: name the ` +
        "file with DENORT_BIN, or use what needs none, deno task pack",
    );
  }
  if (untried) return;
  const wanted = `client version: ${VERSION}\n`;
  const said = await runTool(await absolute(output), ["version"], { env: { PBS_REPOSITORY: "" } });
  if (said !== wanted) {
    throw new Error(
      `the compile runtime does not run the program: "version" says ${JSON.stringify(said)}`,
    );
  }
}

async function absolute(path: string): Promise<string> {
  const parent = path.includes("/") ? path.slice(0, path.lastIndexOf("/") + 1) : ".";
  return `${await Deno.realPath(parent)}/${path.slice(path.lastIndexOf("/") + 1)}`;
}

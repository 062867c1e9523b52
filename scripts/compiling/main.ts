// deno-lint-ignore-file no-console
// Makes the compiled executable: one file of the runtime for compiled programs (denort), the program and
// what it loads. Prints its path.

import { parseArgs } from "@std/cli/parse-args";
import { fromFileUrl } from "@std/path";
import { VERSION } from "../../cli/version.ts";
import { compileProgram } from "./compile_program.ts";
import { checkRuntimeFile } from "./check_runtime_file.ts";
import { stageProgram } from "./stage_program.ts";

const USAGE = `Usage: scripts/compile [OPTION]...

Makes pbs-client in one file with "deno compile". The compile runtime (denort) is downloaded by Deno,
or the file that the environment variable DENORT_BIN names. It should have this Deno's version.

  --output FILE   default dist/pbs-client-${VERSION}-linux-${Deno.build.arch}-compiled
  --untried       keep it though it cannot be run here, for instance as it is for another processor
`;
const ROOT = fromFileUrl(new URL("../../", import.meta.url));

const values = parseArgs(Deno.args, {
  string: ["output"],
  boolean: ["help", "untried"],
  unknown: (name: string) => fail(`there is no option or argument "${name}"; see --help`),
});
if (values.help) {
  console.log(USAGE.trimEnd());
  Deno.exit(0);
}
const output = values.output ??
  `${ROOT}dist/pbs-client-${VERSION}-linux-${Deno.build.arch}-compiled`;
if (output === "") fail("--output names no file");

try {
  await make();
} catch (error) {
  fail((error as Error).message);
}
console.log(output);

async function make(): Promise<void> {
  // For Deno an empty one names a file.
  if (Deno.env.get("DENORT_BIN") === "") Deno.env.delete("DENORT_BIN");
  checkRuntimeFile(Deno.env.get("DENORT_BIN"));
  if (values.output === undefined) await Deno.mkdir(`${ROOT}dist`, { recursive: true });
  const folder = `${ROOT}.setup/compile`;
  await Deno.mkdir(folder, { recursive: true });
  const work = await Deno.makeTempDir({ dir: folder });
  // Beside the result, which takes its place at once when it is complete.
  const partial = `${output}.part`;
  try {
    const include = await stageProgram(work);
    await compileProgram(work, include, partial, values.untried);
    await Deno.rename(partial, output);
  } finally {
    await Deno.remove(work, { recursive: true });
    await Deno.remove(partial).catch(() => {});
  }
}

function fail(message: string): never {
  console.error(`compile: ${message}`);
  Deno.exit(1);
}

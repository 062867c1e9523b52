// deno-lint-ignore-file no-console
// Called by scripts/check_runtimes with paths of runtimes, and of executables made of the program: says
// for each whether the whole program works.

import { inOtherRuntime } from "../tests/support/other_runtime.ts";
import { TempDir } from "../tests/support/temp_dir.ts";
import { checkWholeProgram } from "../tests/support/whole_program.ts";

let failed = 0;
for (const runtime of Deno.args) {
  const { stdout } = await new Deno.Command(runtime, { args: ["--version"] }).output();
  const said = new TextDecoder().decode(stdout).split("\n")[0]!;
  const isRuntime = said.startsWith("deno ");
  const name = isRuntime ? said : runtime;
  await using dir = await TempDir.make("/dev/shm");
  const { program, env } = isRuntime
    ? await inOtherRuntime(runtime, dir.path)
    : { program: [runtime], env: {} };
  try {
    await checkWholeProgram(program, env);
    console.log(`${name}: works`);
  } catch (error) {
    failed++;
    console.log(`${name}: does not work\n${error instanceof Error ? error.message : error}`);
  }
}
if (failed > 0) Deno.exit(1);

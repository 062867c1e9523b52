import { dirname } from "@std/path";
import { PbsError } from "../../lib/errors/mod.ts";
import type { Finding } from "../../lib/self_check/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import type { Environment } from "../environment.ts";
import { userFile } from "../files/user_file.ts";
import { OUTPUT_FORMAT_OPTION } from "../options/output_options.ts";
import { valueFormat } from "../output/print_result.ts";
import { NEWEST_TRIED_RUNTIME, OLDEST_RUNTIME, runtimeProblem } from "../runtime_range.ts";
import { VERSION } from "../version.ts";

/** `self-check`: ours, says whether this installation is whole and works on this machine. */
export const command: CommandDefinition = {
  description: "Check this program itself: every byte of a packed executable and of what it was " +
    "unpacked to, the native core against known values, libfuse, and the folders of its user.",
  positionals: [],
  options: [OUTPUT_FORMAT_OPTION],
  output: "value",
  run: checkItself,
};

const LABELS = { good: "ok", bad: "BAD", absent: "absent" } as const;

/** @throws {PbsError} after everything was looked at, if something is bad. */
async function checkItself(values: CommandValues, context: CommandContext): Promise<void> {
  const { environment, output } = context;
  const format = valueFormat(values, context);
  const findings = await allFindings(environment);
  if (format === "text") {
    const width = Math.max(...findings.map(({ part }) => part.length));
    for (const { part, verdict, detail } of findings) {
      output.printLine(`${LABELS[verdict].padEnd(6)}  ${part.padEnd(width)}  ${detail}`);
    }
  } else {
    output.printJson({ version: VERSION, checks: findings }, format);
  }
  const bad = findings.filter(({ verdict }) => verdict === "bad").map(({ part }) => part);
  if (bad.length > 0) {
    throw new PbsError(`${bad.length} of ${findings.length} checks failed: ${bad.join(", ")}`);
  }
}

/** Beginning of the names that files have for the kernel which are in memory only. */
const IN_MEMORY = "/memfd:";

async function allFindings(environment: Environment): Promise<Finding[]> {
  const { checkFolder, checkFuse, checkNativeCore, checkPack, checkPage } = await import(
    "../../lib/self_check/mod.ts"
  );
  const findings: Finding[] = [checkRuntime()];
  const executable = environment.get("PBS_CLIENT_EXECUTABLE");
  if (executable === undefined) {
    const detail = Deno.build.standalone
      ? "the runtime and all files are in one compiled executable, which carries no digests"
      : "this is a clone of the sources";
    findings.push({ part: "executable", verdict: "absent", detail });
  } else {
    const program = Deno.execPath();
    const folder = program.startsWith(IN_MEMORY) ? undefined : dirname(program);
    findings.push(...checkPack(executable, folder));
    if (folder !== undefined) findings.push(checkFolder("folder of unpacked files", folder));
  }
  findings.push(...await checkNativeCore(), checkFuse(), checkPage());
  const caches = userFile(environment, "XDG_CACHE_HOME", ".cache", "");
  if (caches === undefined) {
    findings.push({
      part: "cache folder",
      verdict: "absent",
      detail: "neither XDG_CACHE_HOME nor HOME names one: logins are not remembered",
    });
  } else {
    findings.push(checkFolder("cache folder", caches.replace(/\/$/, "")));
  }
  return findings;
}

/** A runtime that is too old refuses to start the program, which says so itself. */
function checkRuntime(): Finding {
  const version = Deno.version.deno;
  const problem = runtimeProblem(version);
  if (problem !== undefined) return { part: "runtime", verdict: "bad", detail: problem };
  const detail =
    `Deno ${version}; ${OLDEST_RUNTIME} and later work, ${NEWEST_TRIED_RUNTIME} was tried`;
  return { part: "runtime", verdict: "good", detail };
}

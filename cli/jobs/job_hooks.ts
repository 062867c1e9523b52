import { hookEnvironment, HookRunner } from "../../lib/jobs/mod.ts";
import { parseTimeSpan } from "../../lib/time/mod.ts";
import type { JobEntry } from "../configuration/jobs_file.ts";
import type { Output } from "../output/output.ts";

const DEFAULT_LIMIT_SECONDS = 3600;
/** Lines of a hook that failed which are shown even by a quiet run. */
const LAST_LINES = 20;

/** When hooks run. */
export type HookTime = "before" | "after" | "on-failure";

/** The hooks of a job. */
export class JobHooks implements AsyncDisposable {
  readonly #job: JobEntry;
  readonly #output: Output;
  readonly #variables: Readonly<Record<string, string>>;
  readonly #runner = new HookRunner();

  /** @param variables Those of the process. */
  constructor(job: JobEntry, output: Output, variables: Readonly<Record<string, string>>) {
    this.#job = job;
    this.#output = output;
    this.#variables = variables;
  }

  /**
   * Runs the hooks of one time, in order.
   *
   * @param told What they are told of the job, by names without `PBS_JOB_`.
   * @param signal Ends them.
   * @param isStrict Whether the first that fails is the last that runs.
   * @returns What went wrong, without the commands, which may have secrets.
   */
  async run(
    time: HookTime,
    told: Readonly<Record<string, string | undefined>>,
    { signal, isStrict = false }: {
      readonly signal?: AbortSignal | undefined;
      readonly isStrict?: boolean;
    } = {},
  ): Promise<string[]> {
    const { hooks, name } = this.#job;
    const limit = parseTimeSpan(hooks.text("time-limit") ?? "") ?? DEFAULT_LIMIT_SECONDS;
    const problems: string[] = [];
    for (const [index, command] of hooks.texts(time).entries()) {
      const label = `${time}[${index + 1}]`;
      this.#output.log("info", `Hook ${label} of job "${name}"`);
      const last: string[] = [];
      const problem = await this.#runner.run({
        command,
        environment: hookEnvironment(this.#variables, { "": name, HOOK: time, ...told }),
        limitMs: limit * 1000,
        signal,
        onLine: (line) => {
          last.push(line);
          if (last.length > LAST_LINES) last.shift();
          this.#output.log("info", `${label}: ${line}`);
        },
      });
      if (problem === undefined) continue;
      if (this.#output.isQuiet) {
        for (const line of last) this.#output.errorLine(`${label}: ${line}`);
      }
      problems.push(`hook ${label} ${problem}`);
      if (isStrict) break;
    }
    return problems;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#runner[Symbol.asyncDispose]();
  }
}

import { type AlertReport, Alerts, alertTargetsOf } from "../../lib/alerts/mod.ts";
import type { JobRecord } from "../../lib/jobs/mod.ts";
import type { JobEntry, JobsFile } from "../configuration/jobs_file.ts";
import type { CommandContext } from "../command_context.ts";

/** Messages about one job to those that it names. What goes wrong with them is a warning. */
export class JobAlerts {
  readonly #job: JobEntry;
  readonly #alerts: Alerts;
  readonly #context: CommandContext;
  #started: Promise<AlertReport> | undefined;

  /** @param state Folder of what is kept from one run to the next. */
  constructor(job: JobEntry, file: JobsFile, state: string, context: CommandContext) {
    this.#job = job;
    this.#context = context;
    this.#alerts = new Alerts({
      targets: alertTargetsOf(Object.fromEntries(file.alerts)).values(),
      stateFile: `${state}/alerts.json`,
      environment: context.environment,
    });
  }

  /** Tells that the job has begun; nothing waits for it. */
  start(): void {
    if (this.#names.length === 0) return;
    this.#started = this.#alerts.start({ what: "job", name: this.#job.name }, this.#names);
  }

  /** Tells what has become of the job. One that was skipped changes nothing. */
  async tell({ outcome, summary, startedAt, endedAt }: JobRecord): Promise<void> {
    this.#warn(await this.#started);
    if (outcome === "skipped" || this.#names.length === 0) return;
    const event = {
      what: "job",
      name: this.#job.name,
      outcome,
      summary,
      startedAt,
      endedAt,
    } as const;
    this.#warn(await this.#alerts.tell(event, this.#names));
  }

  get #names(): readonly string[] {
    return this.#job.keys.texts("alerts");
  }

  #warn(report: AlertReport | undefined): void {
    for (const problem of report?.problems ?? []) this.#context.output.log("warn", problem);
  }
}

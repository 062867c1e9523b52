import { UsageError } from "../../lib/errors/mod.ts";
import {
  type ConfinementNeeds,
  type Job,
  JOB_FILE_PREFIX,
  type JobFile,
  jobNameOf,
  readIfThere,
  removeJobFiles,
  serviceUnit,
  timerUnit,
  writeJobFiles,
} from "../../lib/schedule/mod.ts";
import type { Environment } from "../environment.ts";
import type { InstalledJob, JobPlace } from "./job_place.ts";
import { namesIn } from "./names_in.ts";
import { hasProgram, runProgram } from "./run_program.ts";

/** Whose units these are, and where. */
export interface SystemdUnitsOptions {
  /** Stands for `/`; systemd is not told then. */
  readonly root: string | undefined;
  readonly isUser: boolean;
  readonly environment: Environment;
}

/** Jobs as services and timers of systemd. */
export class SystemdUnits implements JobPlace {
  readonly kind = "systemd";
  readonly #folder: string;
  /** Absent if the running systemd is not the one that is meant. */
  readonly #manager: readonly string[] | undefined;
  readonly #searchPath: string | undefined;

  constructor({ root, isUser, environment }: SystemdUnitsOptions) {
    this.#folder = isUser ? userFolder(environment) : `${root ?? ""}/etc/systemd/system`;
    this.#manager = root === undefined ? (isUser ? ["--user"] : []) : undefined;
    this.#searchPath = environment.get("PATH");
  }

  filesOf(job: Job, needs: ConfinementNeeds): JobFile[] {
    const [service, timer] = this.#paths(job.name);
    return [
      { path: service, text: serviceUnit(job, needs) },
      { path: timer, text: timerUnit(job) },
    ];
  }

  async install(job: Job, needs: ConfinementNeeds): Promise<string[]> {
    await this.#checkCalendar(job.calendar);
    const files = this.filesOf(job, needs);
    const before = await Promise.all(files.map(({ path }) => readIfThere(path)));
    const written = await writeJobFiles(files, job.name);
    try {
      await this.#tell("daemon-reload");
      await this.#tell("enable", timerName(job.name));
      // A timer that runs keeps its old times otherwise.
      await this.#tell("restart", timerName(job.name));
    } catch (error) {
      // A job that nobody starts must not look as if somebody did.
      await removeJobFiles(this.#paths(job.name), job.name);
      const earlier = files.flatMap(({ path }, i) => {
        const text = before[i];
        return text === undefined ? [] : [{ path, text }];
      });
      await writeJobFiles(earlier, job.name);
      throw error;
    }
    return written;
  }

  async remove(name: string): Promise<string[]> {
    const paths = this.#paths(name);
    const timer = await readIfThere(paths[1]);
    if (timer !== undefined && jobNameOf(timer) === name) {
      await this.#tell("disable", "--now", timerName(name));
    }
    const removed = await removeJobFiles(paths, name);
    if (removed.length > 0) await this.#tell("daemon-reload");
    return removed;
  }

  async list(): Promise<InstalledJob[]> {
    const jobs: InstalledJob[] = [];
    for (const file of await namesIn(this.#folder)) {
      if (!file.startsWith(JOB_FILE_PREFIX) || !file.endsWith(".timer")) continue;
      const timer = await readIfThere(`${this.#folder}/${file}`);
      const name = timer === undefined ? undefined : jobNameOf(timer);
      if (timer === undefined || name === undefined || file !== timerName(name)) continue;
      const service = await readIfThere(this.#paths(name)[0]) ?? "";
      jobs.push({
        name,
        calendar: settingOf(timer, "OnCalendar"),
        command: settingOf(service, "ExecStart"),
        ...await this.#times(name),
      });
    }
    return jobs;
  }

  async #times(name: string): Promise<Pick<InstalledJob, "next" | "last">> {
    if (this.#manager === undefined || !hasProgram("systemctl", this.#searchPath)) return {};
    const properties = ["--property=NextElapseUSecRealtime", "--property=LastTriggerUSec"];
    const args = [...this.#manager, "show", "--timestamp=unix", ...properties, timerName(name)];
    // A manager that does not answer tells no times.
    const text = await runProgram("systemctl", args).catch(() => "");
    const seconds = (property: string) => {
      const found = /^@(\d+)$/.exec(settingOf(text, property))?.[1];
      return found === undefined || found === "0" ? undefined : Number(found);
    };
    return { next: seconds("NextElapseUSecRealtime"), last: seconds("LastTriggerUSec") };
  }

  /** @throws {UsageError} if systemd is there and does not understand it. */
  async #checkCalendar(calendar: string): Promise<void> {
    if (!hasProgram("systemd-analyze", this.#searchPath)) return;
    await runProgram("systemd-analyze", ["calendar", "--", calendar]).catch((cause) => {
      throw new UsageError(
        `'${calendar}' is no calendar expression of systemd, such as daily, 02:30 or ` +
          "'Mon..Fri 02:30' (man systemd.time)",
        { cause },
      );
    });
  }

  async #tell(...words: string[]): Promise<void> {
    if (this.#manager === undefined) return;
    await runProgram("systemctl", [...this.#manager, ...words]);
  }

  #paths(name: string): [service: string, timer: string] {
    return [
      `${this.#folder}/${JOB_FILE_PREFIX}${name}.service`,
      `${this.#folder}/${timerName(name)}`,
    ];
  }
}

function timerName(name: string): string {
  return `${JOB_FILE_PREFIX}${name}.timer`;
}

function settingOf(unit: string, setting: string): string {
  const line = unit.split("\n").find((line) => line.startsWith(`${setting}=`));
  return line?.slice(setting.length + 1) ?? "";
}

function userFolder(environment: Environment): string {
  const home = environment.get("HOME");
  const config = environment.get("XDG_CONFIG_HOME") || (home ? `${home}/.config` : "");
  if (config.startsWith("/")) return `${config}/systemd/user`;
  throw new UsageError("units of a user are in the home, and HOME is not set");
}

import type { ConfinementNeeds, Job, JobFile } from "../../lib/schedule/mod.ts";

/** A job that is installed, as far as its place tells. */
export interface InstalledJob {
  readonly name: string;
  readonly calendar: string;
  /** As it is written there. */
  readonly command: string;
  /** Seconds since 1970; absent if nobody tells. */
  readonly next?: number | undefined;
  readonly last?: number | undefined;
}

/** Place where jobs are kept: one form of one system. */
export interface JobPlace {
  readonly kind: "systemd" | "cron";
  /** The files as they would be. @throws {UsageError} if the job cannot be said there. */
  filesOf(job: Job, needs: ConfinementNeeds): JobFile[];
  /** @returns Names of what was written. */
  install(job: Job, needs: ConfinementNeeds): Promise<string[]>;
  /** @returns Names of what was removed; none if there was no such job. */
  remove(name: string): Promise<string[]>;
  list(): Promise<InstalledJob[]>;
}

/**
 * Schedule: jobs that the system starts by itself.
 *
 * A *job* is a command line with a *name* and a *calendar*: when it is due. The system's side of it is
 * a *service* and a *timer* (units of systemd), or a *line* of cron. A service is *confined*: it sees
 * and may do no more than the job needs, and nothing that is to be backed up is hidden from it.
 * *Credentials* are files that only the running service can read. Every file has a *mark* in its first
 * line, by which ours are told from others.
 *
 * @module
 */

export { calendarToCron } from "./calendar_to_cron.ts";
export { type ConfinementNeeds, confinementOf } from "./confinement.ts";
export { cronCommand, cronFile } from "./cron_text.ts";
export { addToCrontab, crontabJobs, removeFromCrontab } from "./crontab_sections.ts";
export {
  type Credential,
  type CredentialKind,
  CREDENTIALS,
  type Job,
  JOB_NAME_RULE,
} from "./job.ts";
export { type JobFile, readIfThere, removeJobFiles, writeJobFiles } from "./job_files.ts";
export { isOurs, JOB_FILE_PREFIX, jobNameOf, markLine } from "./job_mark.ts";
export { serviceUnit, timerUnit } from "./unit_text.ts";

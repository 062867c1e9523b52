import { parseCalendarEvent } from "../../lib/calendar/mod.ts";
import { UsageError } from "../../lib/errors/mod.ts";
import { ForeignTable, isTable } from "./foreign_table.ts";
import {
  afterSuccess,
  ImportedJobs,
  type ImportedTable,
  isBackupKey,
  nameOf,
  setList,
  sourcesOf,
} from "./imported_jobs.ts";

/** Keys of the top that are no profiles. */
const NO_PROFILES = ["version", "global", "groups", "includes", "mixins", "default-command"];
const PERIODS = ["last", "hourly", "daily", "weekly", "monthly", "yearly"];
const LISTS = ["exclude-file", "exclude-if-present", "files-from", "files-from0"];

const REASONS: ReadonlyMap<string, string> = new Map(Object.entries({
  "password-file": "it opens the other program's repository; a server of ours has a token's secret",
  "password-command":
    "it opens the other program's repository; a server of ours has a token's secret",
  "password": "a secret, not taken over",
  "env": "variables are not taken over, they may have secrets",
  "env-file": "variables are not taken over, they may have secrets",
  "lock": "a job does not run twice at a time anyway",
  "check": 'verification is a command of its own: "datastore verify"',
  "prune": 'free space with "garbage-collect"',
  "tag": "snapshots have notes, not tags",
  "iexclude": "patterns mind upper and lower case",
}));

/** The jobs of a resticprofile configuration. */
export function fromResticprofile(value: Record<string, unknown>): ImportedJobs {
  const imported = new ImportedJobs();
  const top = new ForeignTable(value, "");
  const isTwo = top.text("version") === "2";
  const profiles = isTwo ? top.table("profiles") : top;
  const repositories = new Map<string, string>();
  for (const key of NO_PROFILES) {
    if (top.take(key) !== undefined && key !== "version") imported.remark(key, "is not taken over");
  }
  for (const name of profiles.left) {
    if (name === "$schema") continue;
    addProfile(profiles.table(name), nameOf(name), imported, repositories);
  }
  for (const name of profiles.left) if (name !== "$schema") imported.remark(name, "is no profile");
  // A template that gave nothing would be extended for nothing, and one without sources is no job.
  const bases = new Set([...imported.jobs.values()].map((job) => job.get("extends")));
  for (const [name, job] of imported.jobs) {
    if (job.has("sources") || job.has("extends") || bases.has(name)) continue;
    imported.jobs.delete(name);
    imported.remark(name, "backs up nothing, and is no base of another profile");
  }
  return imported;
}

function addProfile(
  profile: ForeignTable,
  name: string,
  imported: ImportedJobs,
  repositories: Map<string, string>,
): void {
  if (name === "" || imported.jobs.has(name)) {
    imported.remark(profile.path, "has no name that a job could have, or that of another one");
    return;
  }
  const job: ImportedTable = new Map();
  imported.jobs.set(name, job);
  const base = profile.text("inherit");
  if (base !== undefined) job.set("extends", nameOf(base));
  profile.take("description");
  const where = profile.text("repository");
  if (where !== undefined) {
    const path = where.replace(/^local:/, "");
    const known = repositories.get(path) ?? imported.addRepository(path, undefined);
    repositories.set(path, known);
    job.set("repositories", [known]);
  }
  if (profile.flag("initialize") === true && where?.replace(/^local:/, "").startsWith("/")) {
    job.set("init", true);
  }
  const rate = profile.integer("limit-upload");
  const backup = profile.table("backup");
  addBackup(backup, imported, job);
  const limit = backup.integer("limit-upload") ?? rate;
  if (limit !== undefined && limit > 0) job.set("rate", `${limit}KiB`);
  addHooks([profile, backup], imported, job);
  for (const retention of [profile.table("forget"), profile.table("retention")]) {
    for (const period of PERIODS) {
      const count = retention.integer(`keep-${period}`);
      if (count !== undefined && count > 0) job.set(`keep-${period}`, count);
    }
    for (const key of ["after-backup", "before-backup", "prune", "host", "path"]) {
      retention.take(key);
    }
    remarkOnRest(retention, imported);
  }
  remarkOnRest(backup, imported);
  remarkOnRest(profile, imported);
}

function addBackup(backup: ForeignTable, imported: ImportedJobs, job: ImportedTable): void {
  const sources = sourcesOf(
    backup.texts("source"),
    (path) => imported.remark(backup.keyOf("source"), `${path} is no absolute path of one folder`),
  );
  if (sources.length > 0) {
    job.set("sources", sources);
    // Other file systems are entered there unless that is forbidden.
    if (backup.flag("one-file-system") !== true) job.set("all-file-systems", true);
  }
  const excludes = backup.texts("exclude");
  if (excludes.length > 0) job.set("exclude", excludes);
  for (const key of LISTS) {
    if (!isBackupKey(key)) continue;
    setList(imported, job, key, backup.texts(key));
  }
  if (isBackupKey("exclude-caches") && backup.flag("exclude-caches") === true) {
    job.set("exclude-caches", true);
  }
  const largest = isBackupKey("exclude-larger-than")
    ? backup.text("exclude-larger-than")
    : undefined;
  const size = largest === undefined ? undefined : byteSizeOf(largest);
  if (size !== undefined) job.set("exclude-larger-than", size);
  else if (largest !== undefined) {
    imported.remark(backup.keyOf("exclude-larger-than"), "is no size that is understood");
  }
  if (backup.flag("skip-if-unchanged") === true) job.set("skip-if-unchanged", true);
  const host = backup.take("host");
  if (typeof host === "string" && nameOf(host) === host) job.set("backup-id", host);
  for (const key of ["schedule-permission", "schedule-priority", "schedule-log"]) backup.take(key);
  const schedules = backup.texts("schedule");
  if (schedules.length > 1) imported.remark(backup.keyOf("schedule"), "only the first one counts");
  const [schedule] = schedules;
  if (schedule === undefined) return;
  try {
    parseCalendarEvent(schedule);
    job.set("schedule", schedule);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    imported.remark(backup.keyOf("schedule"), error.message);
  }
}

/** Sizes there are powers of two without saying so. */
function byteSizeOf(text: string): string | undefined {
  const [, number, unit = ""] = /^(\d{1,9})([kKmMgGtT]?)$/.exec(text) ?? [];
  if (number === undefined) return undefined;
  return unit === "" ? number : `${number}${unit.toUpperCase()}iB`;
}

function addHooks(
  tables: readonly ForeignTable[],
  imported: ImportedJobs,
  job: ImportedTable,
): void {
  const all = (name: string) => tables.flatMap((table) => table.texts(name));
  const hooks = [
    ["before", all("run-before")],
    ["on-failure", all("run-after-fail")],
    ["after", [...all("run-after").map(afterSuccess), ...all("run-finally")]],
  ] as const;
  for (const [time, list] of hooks) {
    if (list.length === 0) continue;
    job.set(`hooks.${time}`, list);
    if (list.some((command) => /\{\{|\$\{?(?:ERROR|PROFILE|RESTIC)/.test(command))) {
      imported.remark(
        `hooks.${time}`,
        "templates and variables of the other program are not filled in",
      );
    }
  }
}

function remarkOnRest(table: ForeignTable, imported: ImportedJobs): void {
  for (const key of table.left) {
    imported.remark(table.keyOf(key), REASONS.get(key) ?? "is not understood");
  }
}

/** Whether a configuration looks like one of this program. */
export function isResticprofile(value: Record<string, unknown>): boolean {
  const profiles = isTable(value.profiles) ? value.profiles : value;
  return Object.values(profiles).some((profile) =>
    isTable(profile) && ("inherit" in profile || isTable(profile.backup) ||
      typeof profile.repository === "string")
  );
}

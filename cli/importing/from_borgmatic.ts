import { trimTextEnd } from "../../lib/bytes/mod.ts";
import { ForeignTable, isTable } from "./foreign_table.ts";
import {
  afterSuccess,
  ImportedJobs,
  type ImportedTable,
  isBackupKey,
  setList,
  sourcesOf,
} from "./imported_jobs.ts";

/** Sections that older versions had. */
const SECTIONS = ["location", "storage", "retention", "consistency", "output", "hooks"];
const PERIODS = ["hourly", "daily", "weekly", "monthly", "yearly"];
/** Hooks of the older form, and when they run. */
const BEFORE = ["before_everything", "before_actions", "before_backup"];
const AFTER = ["after_backup", "after_actions", "after_everything"];

/** Reasons why keys that many configurations have become nothing. */
const REASONS: ReadonlyMap<string, string> = new Map(Object.entries({
  archive_name_format: "snapshots are called by group and time; backup-id names the group",
  compression: "chunks are compressed with zstd always",
  checks: 'verification is a command of its own: "datastore verify", or a job of the server',
  encryption: 'make a key with "key create", and name it with keyfile',
  encryption_passcommand: 'make a key with "key create", and name it with keyfile',
  encryption_passphrase: 'a secret, not taken over; make a key with "key create"',
  ssh_command: "servers are reached by TLS",
  remote_path: "servers are reached by TLS",
  patterns: "write them as exclude, with ! in front of what is taken back",
  patterns_from: "write them as exclude, with ! in front of what is taken back",
}));

/** Databases that the other program dumps by itself. */
const DATABASES = /_databases$/;

/** A job of a borgmatic configuration, with its repositories. */
export function fromBorgmatic(value: Record<string, unknown>, name: string): ImportedJobs {
  const imported = new ImportedJobs();
  const flat: Record<string, unknown> = { ...value };
  for (const section of SECTIONS) {
    if (!isTable(flat[section])) continue;
    Object.assign(flat, flat[section]);
    delete flat[section];
  }
  const table = new ForeignTable(flat, "");
  const job: ImportedTable = new Map();
  imported.jobs.set(name, job);
  addRepositories(table, imported, job);
  const sources = sourcesOf(
    table.texts("source_directories"),
    (path) => imported.remark("source_directories", `${path} is no absolute path of one folder`),
  );
  job.set("sources", sources);
  addExcludes(table, imported, job);
  // Other file systems are entered there unless that is forbidden.
  if (table.flag("one_file_system") !== true) job.set("all-file-systems", true);
  for (const period of PERIODS) {
    const count = table.integer(`keep_${period}`);
    if (count !== undefined && count > 0) job.set(`keep-${period}`, count);
  }
  const retries = table.integer("retries");
  if (retries !== undefined && retries >= 0) job.set("retry", Math.min(retries, 100));
  const rate = table.integer("upload_rate_limit");
  if (rate !== undefined && rate > 0) job.set("rate", `${rate}KiB`);
  addHooks(table, imported, job);
  addAlerts(table, imported, job);
  remarkOnRest(table, imported);
  return imported;
}

function remarkOnRest(table: ForeignTable, imported: ImportedJobs): void {
  for (const key of table.left) {
    const advice = DATABASES.test(key)
      ? "give the dump to a job with stdin-from-command, or write it in a hook of before"
      : "is not understood";
    imported.remark(table.keyOf(key), REASONS.get(key) ?? advice);
  }
}

function addRepositories(table: ForeignTable, imported: ImportedJobs, job: ImportedTable): void {
  const listed = table.take("repositories");
  const names = (Array.isArray(listed) ? listed : []).flatMap((each: unknown) => {
    if (typeof each === "string") return [imported.addRepository(each, undefined)];
    const entry = new ForeignTable(each, "repositories");
    const path = entry.text("path");
    if (path === undefined) return [];
    const repository = imported.addRepository(path, entry.text("label"));
    remarkOnRest(entry, imported);
    return [repository];
  });
  job.set("repositories", names);
}

function addExcludes(table: ForeignTable, imported: ImportedJobs, job: ImportedTable): void {
  const patterns = table.texts("exclude_patterns").flatMap((pattern) => {
    const [, style, text] = /^(fm|sh|pp|pf|re):(.*)$/.exec(pattern) ?? [undefined, "fm", pattern];
    if (style !== "re") return [text!];
    imported.remark("exclude_patterns", `${pattern}: regular expressions are not understood`);
    return [];
  });
  if (patterns.length > 0) job.set("exclude", patterns);
  const listed = [
    ["exclude_from", "exclude-file"],
    ["exclude_if_present", "exclude-if-present"],
  ] as const;
  for (const [theirs, ours] of listed) {
    if (!isBackupKey(ours)) continue;
    setList(imported, job, ours, table.texts(theirs));
  }
  if (isBackupKey("exclude-caches") && table.flag("exclude_caches") === true) {
    job.set("exclude-caches", true);
  }
}

function addHooks(table: ForeignTable, imported: ImportedJobs, job: ImportedTable): void {
  const before = BEFORE.flatMap((key) => table.texts(key));
  const after = AFTER.flatMap((key) => table.texts(key)).map(afterSuccess);
  const failure = table.texts("on_error");
  const commands = table.take("commands");
  for (const each of Array.isArray(commands) ? commands : []) {
    const entry = new ForeignTable(each, "commands");
    const [start, end] = [entry.text("before"), entry.text("after")];
    const run = entry.texts("run");
    const states = entry.texts("states");
    const when = entry.texts("when");
    if (when.length > 0 && !when.includes("create")) {
      imported.remark("commands", `those for ${when.join(", ")} are not taken over`);
      continue;
    }
    if (start !== undefined) before.push(...run);
    else if (end === "error" || (states.length > 0 && !states.includes("finish"))) {
      failure.push(...run);
    } else if (states.includes("fail")) after.push(...run);
    else after.push(...run.map(afterSuccess));
    remarkOnRest(entry, imported);
  }
  const hooks = [["before", before], ["after", after], ["on-failure", failure]] as const;
  for (const [time, list] of hooks) {
    if (list.length === 0) continue;
    job.set(`hooks.${time}`, list);
    if (list.some((command) => /\{[a-z_]+\}/.test(command))) {
      imported.remark(
        `hooks.${time}`,
        "words in braces are not filled in: see PBS_JOB_ERROR and others",
      );
    }
  }
}

function addAlerts(table: ForeignTable, imported: ImportedJobs, job: ImportedTable): void {
  const names: string[] = [];
  const ping = table.text("healthchecks") ?? table.table("healthchecks").text("ping_url");
  if (ping !== undefined) {
    if (/^https?:\/\//.test(ping)) {
      imported.alerts.set("healthchecks", webhook("healthchecks", ping));
      names.push("healthchecks");
    } else imported.remark("healthchecks", "only a whole address is understood");
  }
  const ntfy = table.table("ntfy");
  const topic = ntfy.text("topic");
  if (topic !== undefined) {
    const server = trimTextEnd(ntfy.text("server") ?? "https://ntfy.sh", "/");
    imported.alerts.set("ntfy", webhook("ntfy", `${server}/${topic}`));
    names.push("ntfy");
  }
  remarkOnRest(ntfy, imported);
  if (names.length > 0) job.set("alerts", names);
}

function webhook(template: string, url: string): ImportedTable {
  return new Map([["type", "webhook"], ["template", template], ["url", url]]);
}

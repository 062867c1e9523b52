import { NotFoundError, UsageError } from "../../lib/errors/mod.ts";
import { parseToml, plainValue, TomlSyntaxError, type TomlTable } from "../../lib/tables/mod.ts";
import { describeSystemError } from "../files/describe_system_error.ts";
import { readInputPath } from "../files/read_input.ts";
import { checkAlerts } from "./check_alerts.ts";
import { checkJob, checkRepositories } from "./check_jobs.ts";
import { checkPermissions } from "./check_permissions.ts";
import { checkSchedule } from "./check_schedule.ts";
import { checkTable } from "./check_table.ts";
import type { Fault } from "./fault.ts";
import { JOBS_FILE } from "./job_keys.ts";
import { type JobEntry, type JobsFile, KeyValues, type RepositoryEntry } from "./jobs_file.ts";
import { asTable, maintainOf, type ResolvedJob, resolveJobs, tablesIn } from "./resolve_jobs.ts";

/** Far more than anybody writes. */
const MAX_BYTES = 256 * 1024;

/** A file of jobs as it was found. */
export interface CheckedJobsFile {
  /** Absolute, without links. */
  readonly path: string;
  /** In the order of lines. */
  readonly faults: readonly Fault[];
  /** Absent if there are faults. */
  readonly file?: JobsFile;
}

/**
 * Reads a file of jobs and checks all that can be checked without using a repository.
 *
 * @throws {NotFoundError} if there is no such file.
 * @throws {UsageError} if it cannot be read.
 */
export function readJobsFile(name: string): CheckedJobsFile {
  const path = realPath(name);
  const faults: Fault[] = [];
  const onFault = (fault: Fault) => faults.push(fault);
  const root = parseFile(path, onFault);
  if (root === undefined) return { path, faults };
  checkTable(root, JOBS_FILE, [], onFault);
  checkRepositories(root, onFault);
  checkPermissions(path, root, onFault);
  const jobs = resolveJobs(root, onFault);
  for (const job of jobs) {
    checkJob(job, root, onFault);
    checkSchedule(job, onFault);
  }
  checkAlerts(root, onFault);
  if (faults.length > 0) return { path, faults: inOrder(faults) };
  return { path, faults, file: fileOf(path, root, jobs) };
}

function realPath(name: string): string {
  try {
    return Deno.realPathSync(name);
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) {
      throw new NotFoundError(`there is no file "${name}" with jobs`, { cause });
    }
    throw new UsageError(`unable to read "${name}" - ${describeSystemError(cause)}`);
  }
}

function parseFile(path: string, onFault: (fault: Fault) => void): TomlTable | undefined {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(readInputPath(path, MAX_BYTES));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    onFault({ line: 1, key: "", reason: "is not valid UTF-8" });
    return undefined;
  }
  try {
    return parseToml(text);
  } catch (error) {
    if (!(error instanceof TomlSyntaxError)) throw error;
    onFault({ line: error.line, key: "", reason: `is no TOML: ${error.message}` });
    return undefined;
  }
}

/** By lines, and each once: what is inherited is found in every job that has it. */
function inOrder(faults: readonly Fault[]): Fault[] {
  const once = new Map<string, Fault>();
  for (const fault of faults) {
    const place = `${fault.line} ${fault.key.split(".").slice(2).join(".")} ${fault.reason}`;
    if (!once.has(place)) once.set(place, fault);
  }
  return [...once.values()].toSorted((a, b) => a.line - b.line);
}

function fileOf(path: string, root: TomlTable, jobs: readonly ResolvedJob[]): JobsFile {
  const repositories = [...tablesIn(root, "repositories")].map(
    ([name, table]): RepositoryEntry => ({ name, keys: keysOf(table) }),
  );
  const entries = jobs.filter(isComplete).map(({ name, table }): JobEntry => {
    const keys = keysOf(table);
    const maintain = maintainOf(table);
    return {
      name,
      keys,
      hooks: keysOf(asTable(table.entries.get("hooks"))),
      when: keysOf(asTable(table.entries.get("when"))),
      ...(maintain === undefined ? {} : { maintain: keysOf(maintain) }),
      repositories: keys.texts("repositories").map((each) =>
        repositories.find((repository) => repository.name === each)!
      ),
    };
  });
  const alerts = [...tablesIn(root, "alerts")].map(([name, table]) =>
    [name, plainValue(table)] as const
  );
  return { path, jobs: entries, repositories, alerts: new Map(alerts) };
}

/**
 * Whether it can run; others are there to be extended. One of those maintains nothing by itself only
 * because `[defaults]` says how, unless it says that it has no sources.
 */
function isComplete({ table, isPart }: ResolvedJob): boolean {
  const { entries } = table;
  return entries.has("repositories") &&
    (entries.has("sources") || (!isPart && entries.has("maintain")));
}

function keysOf(table: TomlTable): KeyValues {
  const values = new Map<string, string | number | boolean | string[]>();
  for (const [name, node] of table.entries) {
    if (node.kind !== "table") {
      values.set(name, plainValue(node) as string | number | boolean | string[]);
    }
  }
  return new KeyValues(values);
}

import { UsageError } from "../../lib/errors/mod.ts";
import { parseRepository } from "../../lib/repository/mod.ts";
import type { TomlNode, TomlTable } from "../../lib/tables/mod.ts";
import type { Fault } from "./fault.ts";
import { KEEP_KEYS } from "./job_keys.ts";
import { familyOf } from "./merge_tables.ts";
import { asTable, maintainOf, type ResolvedJob, tablesIn } from "./resolve_jobs.ts";

type OnFault = (fault: Fault) => void;

const KEEP_NAMES: ReadonlySet<string> = new Set(KEEP_KEYS.map(({ name }) => name));

/** Checks what tables say together: names that lead somewhere, paths, secrets named twice. */
export function checkRepositories(root: TomlTable, onFault: OnFault): void {
  for (const [name, table] of tablesIn(root, "repositories")) {
    const path = `repositories.${name}`;
    checkFamilies(table, path, onFault);
    const node = table.entries.get("repository");
    if (node?.kind !== "scalar" || typeof node.value !== "string") continue;
    const fault = (reason: string) =>
      onFault({ line: node.line, key: `${path}.repository`, reason });
    try {
      const address = parseRepository(node.value);
      if (address.kind === "directory" && !address.path.startsWith("/")) {
        fault(`a job has no folder of its own: write '${address.path}' as an absolute path`);
      }
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      fault(error.message);
    }
  }
}

/** Checks a job with all that it inherits. */
export function checkJob(
  { name, table, isPart }: ResolvedJob,
  root: TomlTable,
  onFault: OnFault,
): void {
  const path = `jobs.${name}`;
  const fault = (node: TomlNode, key: string, reason: string) =>
    onFault({ line: node.line, key: `${path}.${key}`, reason });
  checkFamilies(table, path, onFault);
  const maintains = maintainOf(table) !== undefined;
  const isLacking = (node: TomlNode | undefined) =>
    node === undefined ? !isPart : node.kind === "array" && node.items.length === 0;
  const repositories = table.entries.get("repositories");
  if (isLacking(repositories)) {
    fault(repositories ?? table, "repositories", "is missing: a job needs at least one");
  }
  const sources = table.entries.get("sources");
  if (isLacking(sources) && !maintains) {
    const reason = "is missing: a job needs at least one, or a table maintain";
    fault(sources ?? table, "sources", reason);
  } else if (isLacking(sources)) {
    // What is inherited is there for jobs with sources as well.
    for (const [key, node] of asTable(tablesIn(root, "jobs").get(name)).entries) {
      if (!KEEP_NAMES.has(key)) continue;
      fault(node, key, `removes nothing without sources: it belongs to [${path}.maintain]`);
    }
  }
  for (const [key, where] of [["repositories", "repositories"], ["alerts", "alerts"]] as const) {
    const known = tablesIn(root, where);
    for (const { node, text } of textsOf(table.entries.get(key))) {
      if (!known.has(text)) fault(node, key, `there is no [${where}.${text}]`);
    }
  }
  const hasCommand = table.entries.has("stdin-from-command");
  const names = new Set<string>();
  for (const { node, text } of textsOf(sources)) {
    const colon = text.indexOf(":");
    const source = text.slice(colon + 1);
    if (colon >= 0 && !source.startsWith("/") && !(source === "-" && hasCommand)) {
      fault(node, "sources", `a job has no folder of its own: write '${source}' as absolute path`);
    }
    const archive = text.slice(0, colon);
    if (names.has(archive)) fault(node, "sources", `'${archive}' is there twice`);
    names.add(archive);
  }
  for (const key of ["before", "after", "on-failure"]) {
    for (const { node, text } of textsOf(asTable(table.entries.get("hooks")).entries.get(key))) {
      if (text.trim() === "") fault(node, `hooks.${key}`, "has no command");
    }
  }
}

/** Several keys that each say where the same secret is. */
function checkFamilies(table: TomlTable, path: string, onFault: OnFault): void {
  const seen = new Map<string, string>();
  for (const [name, { line }] of table.entries) {
    const family = familyOf(name);
    if (family === undefined) continue;
    const other = seen.get(family);
    if (other !== undefined) {
      onFault({ line, key: `${path}.${name}`, reason: `excludes ${other}` });
    }
    seen.set(family, name);
  }
}

function textsOf(node: TomlNode | undefined): { node: TomlNode; text: string }[] {
  if (node?.kind !== "array") return [];
  return node.items.flatMap((item) =>
    item.kind === "scalar" && typeof item.value === "string"
      ? [{ node: item, text: item.value }]
      : []
  );
}

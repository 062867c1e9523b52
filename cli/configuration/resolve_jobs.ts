import type { TomlNode, TomlTable } from "../../lib/tables/mod.ts";
import type { Fault } from "./fault.ts";
import { mergeTables } from "./merge_tables.ts";

/** A job with all that it inherits, not yet checked as a whole. */
export interface ResolvedJob {
  readonly name: string;
  readonly table: TomlTable;
  /** Whether it need not be complete: another job is made from it, or what it extends is unknown. */
  readonly isPart: boolean;
}

/** The jobs of a file, each with what it has from `[defaults]` and from those that it extends. */
export function resolveJobs(root: TomlTable, onFault: (fault: Fault) => void): ResolvedJob[] {
  const jobs = tablesIn(root, "jobs");
  const defaults = asTable(root.entries.get("defaults"));
  const extended = new Set([...jobs.values()].map((job) => scalarOf(job, "extends")?.value));
  return [...jobs].map(([name, job]) => {
    const chain = chainOf(name, job, jobs, onFault);
    const table = [...chain ?? [job]].reverse().reduce(mergeTables, defaults);
    const isPart = extended.has(name) || chain === undefined;
    return { name, table: { ...table, line: job.line }, isPart };
  });
}

/** A job and those it extends, nearest first; undefined if that leads nowhere. */
function chainOf(
  name: string,
  job: TomlTable,
  jobs: ReadonlyMap<string, TomlTable>,
  onFault: (fault: Fault) => void,
): TomlTable[] | undefined {
  const names = [name];
  const chain = [job];
  for (;;) {
    const next = scalarOf(chain.at(-1)!, "extends");
    if (next === undefined) return chain;
    const base = jobs.get(String(next.value));
    const fault = (reason: string) =>
      onFault({ line: scalarOf(job, "extends")!.line, key: `jobs.${name}.extends`, reason });
    if (base === undefined) {
      // The job that has the key says it, not each that extends it.
      if (chain.length === 1) fault(`there is no job '${next.value}'`);
      return undefined;
    }
    if (names.includes(String(next.value))) {
      if (next.value === name) fault(`is a circle: ${[...names, name].join(" extends ")}`);
      return undefined;
    }
    names.push(String(next.value));
    chain.push(base);
  }
}

/** Tables below a key by their names. */
export function tablesIn(root: TomlTable, key: string): Map<string, TomlTable> {
  const found = new Map<string, TomlTable>();
  for (const [name, node] of asTable(root.entries.get(key)).entries) {
    if (node.kind === "table") found.set(name, node);
  }
  return found;
}

/** The table of a job that says how its repositories are maintained; undefined if they are not. */
export function maintainOf(job: TomlTable): TomlTable | undefined {
  const node = job.entries.get("maintain");
  return node?.kind === "table" ? node : undefined;
}

/** The node if it is a table, else an empty one. */
export function asTable(node: TomlNode | undefined): TomlTable {
  return node?.kind === "table"
    ? node
    : { kind: "table", line: node?.line ?? 1, entries: new Map() };
}

function scalarOf(table: TomlTable, key: string): { value: unknown; line: number } | undefined {
  const node = table.entries.get(key);
  return node?.kind === "scalar" ? node : undefined;
}

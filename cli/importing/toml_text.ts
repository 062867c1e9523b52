import type { ImportedJobs, ImportedTable, ImportedValue } from "./imported_jobs.ts";

/** The file of jobs that a configuration becomes; the remarks are comments at its beginning. */
export function tomlText(imported: ImportedJobs, origin: string): string {
  const { repositories, defaults, jobs, alerts, remarks } = imported;
  const notes = remarks.length === 0 ? [] : [
    "# Not taken over, or to be decided:",
    ...remarks.map((line) => `# - ${oneLine(line)}`),
  ];
  const sections = [
    ...named("repositories", repositories),
    ...(defaults.size === 0 ? [] : [section("defaults", defaults)]),
    ...named("jobs", jobs),
    ...named("alerts", alerts),
  ];
  return [[`# Made of ${oneLine(origin)} by "config import".`, ...notes].join("\n"), ...sections]
    .join("\n\n") + "\n";
}

function named(kind: string, tables: ReadonlyMap<string, ImportedTable>): string[] {
  return [...tables].map(([name, table]) => section(`${kind}.${name}`, table));
}

function section(name: string, table: ImportedTable): string {
  return [`[${name}]`, ...[...table].map(([key, value]) => `${key} = ${text(value)}`)].join("\n");
}

function text(value: ImportedValue): string {
  if (typeof value === "object") {
    const items = value.map(text);
    const line = `[${items.join(", ")}]`;
    return line.length <= 80 ? line : `[\n${items.map((item) => `  ${item},\n`).join("")}]`;
  }
  // TOML has the escapes of JSON, and no halves of characters.
  return typeof value === "string"
    ? JSON.stringify(value.toWellFormed()).replaceAll("\x7f", "\\u007f")
    : String(value);
}

function oneLine(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.toWellFormed().replaceAll(/[\x00-\x08\x0a-\x1f\x7f]+/g, " ");
}

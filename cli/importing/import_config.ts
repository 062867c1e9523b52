import { parseDocument } from "yaml";
import { UsageError } from "../../lib/errors/mod.ts";
import { parseToml, plainValue, TomlSyntaxError } from "../../lib/tables/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import { readInputText } from "../files/read_input_text.ts";
import { isTable } from "./foreign_table.ts";
import { fromBorgmatic } from "./from_borgmatic.ts";
import { fromResticprofile, isResticprofile } from "./from_resticprofile.ts";
import { type ImportedJobs, nameOf } from "./imported_jobs.ts";
import { tomlText } from "./toml_text.ts";

/** Far more than anybody writes. */
const MAX_BYTES = 256 * 1024;
/** Anchors that are used again and again make much of little. */
const MAX_ALIASES = 100;

/** `config import`: prints the file of jobs that a configuration of another program becomes. */
export function importConfig(values: CommandValues, { output }: CommandContext): void {
  const path = values.requiredText("file");
  const value = foreignValue(path);
  const imported = importOf(value, path, values.text("from"));
  if (imported.jobs.size === 0) throw new UsageError(`"${path}" has nothing that is backed up`);
  output.print(tomlText(imported, path));
  for (const line of imported.remarks) output.log("warn", line);
}

function importOf(
  value: Record<string, unknown>,
  path: string,
  from: string | undefined,
): ImportedJobs {
  const isBorgmatic = "source_directories" in value || "location" in value;
  const kind = from ??
    (isBorgmatic ? "borgmatic" : isResticprofile(value) ? "resticprofile" : undefined);
  const file = path.slice(path.lastIndexOf("/") + 1).replace(/\.[A-Za-z]+$/, "");
  if (kind === "borgmatic") return fromBorgmatic(value, nameOf(file) || "imported");
  if (kind === "resticprofile") return fromResticprofile(value);
  throw new UsageError(
    `"${path}" looks neither like a configuration of borgmatic nor of resticprofile: say with ` +
      "--from which it is",
  );
}

/** The tables of a file in YAML, JSON or TOML. @throws {UsageError} if it is none of them. */
function foreignValue(path: string): Record<string, unknown> {
  const text = readInputText(path, MAX_BYTES);
  const value = path.endsWith(".toml") ? tomlValue(text, path) : yamlValue(text, path);
  if (isTable(value)) return value;
  throw new UsageError(`"${path}" has no keys`);
}

function tomlValue(text: string, path: string): unknown {
  try {
    return plainValue(parseToml(text));
  } catch (error) {
    if (!(error instanceof TomlSyntaxError)) throw error;
    throw new UsageError(`"${path}" is no TOML: line ${error.line}: ${error.message}`);
  }
}

function yamlValue(text: string, path: string): unknown {
  const document = parseDocument(text, { prettyErrors: false, merge: true, logLevel: "silent" });
  const [error] = document.errors;
  if (error !== undefined) {
    const line = text.slice(0, error.pos[0]).split("\n").length;
    throw new UsageError(`"${path}" is no YAML: line ${line}: ${error.code}`);
  }
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (cause) {
    throw new UsageError(`"${path}" is no YAML that can be used: ${(cause as Error).message}`);
  }
}

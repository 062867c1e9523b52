import type { TomlNode, TomlScalar, TomlTable } from "../../lib/tables/mod.ts";
import { checkValue } from "../arguments/check_value.ts";
import { MISMATCH } from "../arguments/matching_format.ts";
import type { Parameter } from "../command.ts";
import { nearestWords } from "../hints/nearest_words.ts";
import type { Fault } from "./fault.ts";
import { NAME_RULE } from "./jobs_schema.ts";
import type { TableRule } from "./table_rule.ts";

/** Keys under which people write secrets. */
const SECRET_KEY = /(?:^|[-_])(?:password|passphrase|passwd|secret|secret[-_]key|token)$/i;

/** Receiver of faults. */
export type OnFault = (fault: Fault) => void;

/** Checks a table with all that is in it against its rule. @param path Keys that lead to it. */
export function checkTable(
  table: TomlTable,
  rule: TableRule,
  path: readonly string[],
  onFault: OnFault,
): void {
  if (rule.isOpaque) return;
  for (const [name, node] of table.entries) {
    const at = [...path, name];
    const fault = (reason: string, line = node.line) =>
      onFault({ line, key: at.join("."), reason });
    if (rule.named !== undefined) {
      if (!NAME_RULE.test(name)) {
        fault("a name has up to 64 letters, digits, - and _, the first a letter or digit");
      } else if (node.kind !== "table") fault(`has to be a table: [${at.join(".")}]`);
      else checkTable(node, rule.named, at, onFault);
      continue;
    }
    const inner = rule.tables !== undefined && Object.hasOwn(rule.tables, name)
      ? rule.tables[name]
      : undefined;
    if (inner !== undefined) {
      if (node.kind === "table") checkTable(node, inner, at, onFault);
      else fault(`has to be a table: [${at.join(".")}]`);
      continue;
    }
    const parameter = rule.keys.find((key) => key.name === name);
    if (parameter === undefined) fault(unknownKey(name, rule));
    else checkKey(node, parameter, fault);
  }
  for (const { name, required } of rule.keys) {
    if (required && !table.entries.has(name)) {
      onFault({ line: table.line, key: [...path, name].join("."), reason: "is missing" });
    }
  }
}

function unknownKey(name: string, rule: TableRule): string {
  const known = [...rule.keys.map((key) => key.name), ...Object.keys(rule.tables ?? {})];
  if (SECRET_KEY.test(name)) {
    return "no secret stands in this file: say where it is with password-file, " +
      "password-command or password-credential, for a key's passphrase with key-password-file, " +
      "key-password-command or key-password-credential, for a bucket's secret key with " +
      "s3-secret-key-file, s3-secret-key-command or s3-secret-key-credential";
  }
  const near = nearestWords(name.replaceAll("_", "-"), known);
  return near.length === 0 ? "is no key" : `is no key here, maybe ${near.join(" or ")}`;
}

function checkKey(
  node: TomlNode,
  parameter: Parameter,
  fault: (reason: string, line?: number) => void,
): void {
  if (!parameter.repeatable) {
    if (node.kind === "scalar") checkScalar(node, parameter, fault);
    else fault(`has to be ${nameOfType(parameter)}`);
    return;
  }
  if (node.kind !== "array") return fault('has to be an array of strings: ["..."]');
  for (const item of node.items) {
    if (item.kind === "scalar") checkScalar(item, parameter, fault);
    else fault(`has to have strings only`, item.line);
  }
}

function checkScalar(
  { value, line }: TomlScalar,
  parameter: Parameter,
  fault: (reason: string, line?: number) => void,
): void {
  if (!fitsType(value, parameter)) return fault(`has to be ${nameOfType(parameter)}`, line);
  if (typeof value === "boolean") return;
  const text = String(value);
  if (/\0/.test(text)) return fault("has a NUL character", line);
  const { type } = parameter;
  if (type.kind === "enum" && !type.values.includes(text)) {
    return fault(`'${text}' is none of ${type.values.join(", ")}`, line);
  }
  const checked = checkValue(type, { text });
  if ("refusal" in checked) {
    const { advice } = checked;
    const refusal = checked.refusal === MISMATCH && type.kind === "string"
      ? `'${text}' is no ${type.format?.name.replaceAll("-", " ")}`
      : checked.refusal;
    fault(advice === undefined ? refusal : `${refusal}; ${advice}`, line);
    return;
  }
  if (parameter.completion === "file-name" && !text.startsWith("/")) {
    fault(`a job has no folder of its own: write '${text}' as an absolute path`, line);
  }
}

function fitsType(value: TomlScalar["value"], { type }: Parameter): boolean {
  if (type.kind === "boolean") return typeof value === "boolean";
  if (type.kind === "integer") return typeof value === "number" && Number.isSafeInteger(value);
  return typeof value === "string";
}

function nameOfType({ type }: Parameter): string {
  if (type.kind === "boolean") return "true or false";
  return type.kind === "integer" ? "a whole number" : 'a string: "..."';
}

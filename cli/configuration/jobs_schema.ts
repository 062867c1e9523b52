import type { Parameter, ValueType } from "../command.ts";
import { JOBS_FILE } from "./job_keys.ts";
import type { TableRule } from "./table_rule.ts";

/** Form of a JSON Schema. */
export type Schema = Readonly<Record<string, unknown>>;

/**
 * The JSON Schema of a file of jobs, for editors and other programs. What a word must look like inside
 * (repositories, specifications, times) and what belongs together is left to `config check`.
 */
export function jobsSchema(): Schema {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "pbs-client.toml",
    ...tableSchema(JOBS_FILE),
  };
}

function tableSchema({ description, keys, tables, named, isOpaque }: TableRule): Schema {
  if (isOpaque) return { description, type: "object" };
  if (named !== undefined) {
    return {
      description,
      type: "object",
      propertyNames: { pattern: NAME_RULE.source },
      additionalProperties: tableSchema(named),
    };
  }
  const required = keys.filter((key) => key.required).map(({ name }) => name);
  return {
    description,
    type: "object",
    additionalProperties: false,
    properties: Object.fromEntries([
      ...keys.map((key) => [key.name, keySchema(key)]),
      ...Object.entries(tables ?? {}).map(([name, rule]) => [name, tableSchema(rule)]),
    ]),
    ...(required.length === 0 ? {} : { required }),
  };
}

/** Names of repositories, jobs and alerts: parts of file names and of variables' values. */
export const NAME_RULE = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

function keySchema({ type, repeatable, description, default: declared }: Parameter): Schema {
  const value = valueSchema(type);
  return {
    description,
    ...(repeatable ? { type: "array", items: value } : value),
    ...(declared === undefined ? {} : { default: declared }),
  };
}

function valueSchema(type: ValueType): Schema {
  switch (type.kind) {
    case "boolean":
      return { type: "boolean" };
    case "integer":
      return {
        type: "integer",
        ...(type.minimum === undefined ? {} : { minimum: type.minimum }),
        ...(type.maximum === undefined ? {} : { maximum: type.maximum }),
      };
    case "enum":
      return { type: "string", enum: type.values };
    case "string":
      return {
        type: "string",
        ...(type.minLength === undefined ? {} : { minLength: type.minLength }),
        ...(type.maxLength === undefined ? {} : { maxLength: type.maxLength }),
      };
  }
}

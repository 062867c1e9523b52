import { ServerError } from "../../errors/mod.ts";
import { ParameterError, type ParameterProblem } from "./parameter_error.ts";
import type { ParameterSchemas, ParameterValue, ValueSchema } from "./parameter_schema.ts";
import { ParameterValues } from "./parameter_values.ts";

/**
 * Values as they came: texts of a query or form, where a name may occur several times, or values
 * of a JSON object.
 */
export type RawParameters =
  | { readonly form: "text"; readonly pairs: readonly (readonly [string, string])[] }
  | { readonly form: "json"; readonly members: ReadonlyMap<string, unknown> };

/** A number of a JSON text that is no integer of 64 bits. */
export class UnsuitableNumber {
  constructor(readonly source: string) {}
}

const MAX_INTEGER = 2n ** 63n;

/**
 * Verifies the parameters of a call (spec: protocol.md §3.2, §3.3).
 *
 * @param pathVariables Variables of the path, decoded.
 * @throws {ParameterError} naming everything that is wrong.
 * @throws {ServerError} with 400 for the first value that breaks a rule that is looked at last.
 *
 * @example
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 * const schemas = { size: { kind: "integer", minimum: 1 } } as const;
 * const values = verifyParameters(schemas, { form: "text", pairs: [["size", "+07"]] }, new Map());
 * assertEquals(values.integer("size"), 7);
 * assertThrows(() => verifyParameters(schemas, { form: "text", pairs: [] }, new Map()));
 * ```
 */
export function verifyParameters(
  schemas: ParameterSchemas,
  raw: RawParameters,
  pathVariables: ReadonlyMap<string, string>,
): ParameterValues {
  const problems: ParameterProblem[] = [];
  const values = new Map<string, ParameterValue>();
  const given = new Set<string>();
  const note = (name: string, text: string) => problems.push({ name, text });

  for (const [name, text] of pathVariables) {
    given.add(name);
    take(name, schemas[name]!, () => parseText(schemas[name]!, text, name));
  }
  if (raw.form === "json") takeMembers(raw.members);
  else takePairs(raw.pairs);
  for (const name of Object.keys(schemas).sort()) {
    if (!given.has(name) && !schemas[name]!.optional) {
      note(name, "parameter is missing and it is not optional.");
    }
  }
  if (problems.length > 0) throw new ParameterError(problems);
  for (const [name, value] of values) refuse(schemas[name]!, value);
  return new ParameterValues(values);

  function take(name: string, schema: ValueSchema, parse: () => ParameterValue): void {
    try {
      const value = parse();
      checkValue(schema, value, name);
      values.set(name, value);
    } catch (error) {
      if (!(error instanceof ValueProblem)) throw error;
      note(error.name, error.message);
    }
  }

  function takeMembers(members: ReadonlyMap<string, unknown>): void {
    for (const [name, value] of members) {
      if (pathVariables.has(name)) continue;
      const schema = schemaOf(schemas, name);
      if (schema === undefined) note(name, "schema does not allow additional properties.");
      else {
        given.add(name);
        take(name, schema, () => parseJson(schema, value, name));
      }
    }
  }

  function takePairs(pairs: readonly (readonly [string, string])[]): void {
    const arrays = new Map<string, string[]>();
    for (const [name, text] of pairs) {
      const schema = schemaOf(schemas, name);
      if (schema === undefined) note(name, "schema does not allow additional properties.");
      else if (schema.kind === "array") {
        given.add(name);
        const texts = arrays.get(name) ?? [];
        texts.push(text);
        arrays.set(name, texts);
      } else if (given.has(name)) note(name, "duplicate parameter.");
      else {
        given.add(name);
        take(name, schema, () => parseText(schema, text, name));
      }
    }
    for (const [name, texts] of arrays) {
      const schema = schemas[name]!;
      if (schema.kind !== "array") continue;
      take(
        name,
        schema,
        () => texts.map((text, i) => parseText(schema.items, text, `${name}/[${i}]`)),
      );
    }
  }
}

/** The rule a value breaks; `name` says which, as in `offset-list/[0]`. */
class ValueProblem extends Error {
  constructor(override readonly name: string, message: string) {
    super(message);
  }
}

function schemaOf(schemas: ParameterSchemas, name: string): ValueSchema | undefined {
  return Object.hasOwn(schemas, name) ? schemas[name] : undefined;
}

function parseText(schema: ValueSchema, text: string, name: string): ParameterValue {
  if (schema.kind === "boolean") {
    const lower = text.toLowerCase();
    if (["1", "true", "yes", "on"].includes(lower)) return true;
    if (["0", "false", "no", "off"].includes(lower)) return false;
    throw new ValueProblem(name, `"${text}" is not a boolean`);
  }
  return schema.kind === "integer" ? parseInteger(text, name) : text;
}

function parseInteger(text: string, name: string): number {
  if (text === "") throw new ValueProblem(name, "cannot parse integer from empty string");
  if (!/^[+-]?[0-9]{1,40}$/.test(text)) {
    throw new ValueProblem(name, "invalid digit found in string");
  }
  const value = BigInt(text.replace(/^\+/, ""));
  if (value >= MAX_INTEGER || value < -MAX_INTEGER) {
    throw new ValueProblem(name, "number too large to fit in target type");
  }
  return Number(value);
}

function parseJson(schema: ValueSchema, value: unknown, name: string): ParameterValue {
  const expected = (kind: string) => new ValueProblem(name, `Expected ${kind} value.`);
  switch (schema.kind) {
    case "string":
      if (typeof value !== "string") throw expected("string");
      return value;
    case "boolean":
      if (typeof value !== "boolean") throw expected("boolean");
      return value;
    case "integer":
      if (typeof value !== "number") throw expected("integer");
      return value;
    case "array":
      if (!Array.isArray(value)) throw expected("array");
      return value.map((item, i) => parseJson(schema.items, item, `${name}/[${i}]`));
  }
}

function checkValue(schema: ValueSchema, value: ParameterValue, name: string): void {
  const fail = (text: string): never => {
    throw new ValueProblem(name, text);
  };
  if (schema.kind === "array") {
    const { items } = schema;
    (value as readonly ParameterValue[]).forEach((item, i) =>
      checkValue(items, item, `${name}/[${i}]`)
    );
  } else if (schema.kind === "integer") {
    const { minimum, maximum } = schema;
    const number = value as number;
    if (minimum !== undefined && number < minimum) {
      fail(`value must have a minimum value of ${minimum} (got ${number})`);
    }
    if (maximum !== undefined && number > maximum) {
      fail(`value must have a maximum value of ${maximum} (got ${number})`);
    }
  } else if (schema.kind === "string") {
    const text = value as string;
    const { minLength, maxLength, pattern, values } = schema;
    if (minLength !== undefined && text.length < minLength) {
      fail(`value must be at least ${minLength} characters long`);
    }
    if (maxLength !== undefined && text.length > maxLength) {
      fail(`value may only be ${maxLength} characters long`);
    }
    if (pattern !== undefined && !pattern.test(text)) {
      fail("value does not match the regex pattern");
    }
    if (values !== undefined && !values.includes(text)) {
      fail(`value '${text}' is not defined in the enumeration.`);
    }
  }
}

function refuse(schema: ValueSchema, value: ParameterValue): void {
  if (schema.kind === "array") {
    for (const item of value as readonly ParameterValue[]) refuse(schema.items, item);
  }
  if (schema.kind !== "string") return;
  const text = schema.refuse?.(value as string);
  if (text !== undefined) throw new ServerError(400, text);
}

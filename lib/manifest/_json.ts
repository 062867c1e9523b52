import { CorruptDataError } from "../errors/mod.ts";
import { MAX_JSON_DEPTH } from "./format.ts";

/** A number whose text would not survive a JavaScript number; kept as it was written. */
export class NumberText {
  constructor(readonly text: string) {}
}

/** A JSON value as it was read, ready to be written again without loss. */
export type Json =
  | null
  | boolean
  | number
  | string
  | NumberText
  | readonly Json[]
  | ReadonlyMap<string, Json>;

/**
 * Parses JSON. Numbers that a JavaScript number would change stay text, members named like object
 * internals are members like any other.
 *
 * @throws {CorruptDataError} on anything that is not JSON, too deep, or not well-formed Unicode.
 */
export function parseJson(text: string, name: string): Json {
  let raw: unknown;
  try {
    raw = JSON.parse(text, keepNumberText as (key: string, value: unknown) => unknown);
  } catch (cause) {
    throw new CorruptDataError(`${name} is damaged: not valid JSON`, { cause });
  }
  return toJson(raw, 0, name);
}

function keepNumberText(_key: string, value: unknown, context: { source?: string }): unknown {
  if (typeof value === "number" && context.source !== undefined) {
    return String(value) === context.source ? value : new NumberText(context.source);
  }
  return value;
}

function toJson(value: unknown, depth: number, name: string): Json {
  if (typeof value === "string") return checkText(value, name);
  if (typeof value !== "object" || value === null || value instanceof NumberText) {
    return value as Json;
  }
  if (depth >= MAX_JSON_DEPTH) {
    throw new CorruptDataError(`${name} is damaged: JSON deeper than ${MAX_JSON_DEPTH} levels`);
  }
  if (Array.isArray(value)) return value.map((item) => toJson(item, depth + 1, name));
  return new Map(
    Object.entries(value).map(([key, item]) => [
      checkText(key, name),
      toJson(item, depth + 1, name),
    ]),
  );
}

function checkText(text: string, name: string): string {
  if (text.isWellFormed()) return text;
  throw new CorruptDataError(`${name} is damaged: text with half a character`);
}

/**
 * Writes JSON with members sorted by the bytes of their names at every level.
 *
 * @param indent Spaces per level; 0 for the canonical form without any white space, in which `null`
 * is an error (spec: datastore-formats.md §4.4, §4.5).
 */
export function writeJson(value: Json, indent: 0 | 2): string {
  return write(value, indent, "");
}

function write(value: Json, indent: number, margin: string): string {
  if (value === null && indent === 0) {
    throw new TypeError("canonical JSON cannot hold null");
  }
  if (value instanceof NumberText) return value.text;
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new TypeError(`JSON cannot hold the number ${value}`);
  }
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const inner = margin + " ".repeat(indent);
  if (value instanceof Map) {
    const members = [...value.entries()].sort(([a], [b]) => compareText(a, b)).map(
      ([key, item]) =>
        `${JSON.stringify(key)}:${indent > 0 ? " " : ""}${write(item, indent, inner)}`,
    );
    return bracket("{}", members, { indent, margin, inner });
  }
  const items = (value as readonly Json[]).map((item) => write(item, indent, inner));
  return bracket("[]", items, { indent, margin, inner });
}

/** White space around the parts of a value; none with an indent of 0. */
interface Layout {
  readonly indent: number;
  readonly margin: string;
  readonly inner: string;
}

function bracket(
  [open, close]: string,
  parts: readonly string[],
  { indent, margin, inner }: Layout,
): string {
  if (parts.length === 0) return `${open}${close}`;
  if (indent === 0) return `${open}${parts.join(",")}${close}`;
  return `${open}\n${inner}${parts.join(`,\n${inner}`)}\n${margin}${close}`;
}

/** Orders by UTF-8 bytes, which is the order of code points, not that of `<` on strings. */
function compareText(a: string, b: string): number {
  const left = a[Symbol.iterator]();
  const right = b[Symbol.iterator]();
  for (;;) {
    const x = left.next();
    const y = right.next();
    if (x.done || y.done) return Number(!x.done) - Number(!y.done);
    const difference = x.value.codePointAt(0)! - y.value.codePointAt(0)!;
    if (difference !== 0) return difference;
  }
}

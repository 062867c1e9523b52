import type { ValueType } from "../command.ts";
import type { Argument } from "./argument.ts";
import type { CommandValue } from "./command_values.ts";
import { parseBoolean } from "./parse_boolean.ts";

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

/** A value that fits its type, or the reason why it does not. */
export type CheckedValue =
  | { readonly value: CommandValue }
  | { readonly refusal: string; readonly advice?: string | undefined };

/** Checks a word against a type (spec: cli.md §1.4, §6). */
export function checkValue(type: ValueType, word: Argument | true): CheckedValue {
  if (word === true) return { value: true };
  switch (type.kind) {
    case "boolean": {
      const value = parseBoolean(word.text);
      return value === undefined ? { refusal: "Unable to parse boolean option." } : { value };
    }
    case "integer":
      return checkInteger(type, word.text);
    case "enum":
      if (!type.checkedByCommand && !type.values.includes(word.text)) {
        return {
          refusal: `value '${word.text}' is not defined in the enumeration.`,
          advice: `one of ${type.values.join(", ")} is possible`,
        };
      }
      return { value: word };
    case "string":
      return checkString(type, word);
  }
}

function checkString(
  type: Extract<ValueType, { kind: "string" }>,
  word: Argument,
): CheckedValue {
  if (word.bytes !== undefined && !type.acceptsBytes) {
    return { refusal: "value is not valid UTF-8" };
  }
  if (type.minLength !== undefined || type.maxLength !== undefined) {
    const length = [...word.text].length;
    if (type.minLength !== undefined && length < type.minLength) {
      return { refusal: `value must be at least ${type.minLength} characters long` };
    }
    if (type.maxLength !== undefined && length > type.maxLength) {
      return { refusal: `value may only be ${type.maxLength} characters long` };
    }
  }
  const refusal = type.format?.refusal(word.text);
  if (refusal === undefined) return { value: word };
  return { refusal, advice: type.format?.advice?.(word.text) };
}

function checkInteger(
  type: Extract<ValueType, { kind: "integer" }>,
  text: string,
): CheckedValue {
  if (text === "") return { refusal: "cannot parse integer from empty string" };
  if (!/^[+-]?[0-9]+$/.test(text)) return { refusal: "invalid digit found in string" };
  const sign = text.startsWith("-") ? "-" : "";
  const digits = text.replace(/^[+-]?0*/, "") || "0";
  if (digits.length > 19) return { refusal: outOfRange(sign) };
  const number = BigInt(sign + digits);
  if (number > INT64_MAX || number < INT64_MIN) return { refusal: outOfRange(sign) };
  if (type.minimum !== undefined && number < type.minimum) {
    return { refusal: `value must have a minimum value of ${type.minimum} (got ${number})` };
  }
  if (type.maximum !== undefined && number > type.maximum) {
    return { refusal: `value must have a maximum value of ${type.maximum} (got ${number})` };
  }
  // Beyond 2^53 only "very many" matters: no such count, time or size exists.
  return {
    value: Math.max(Math.min(Number(number), Number.MAX_SAFE_INTEGER), Number.MIN_SAFE_INTEGER),
  };
}

function outOfRange(sign: string): string {
  return `number too ${sign === "-" ? "small" : "large"} to fit in target type`;
}

import { UsageError } from "../../errors/mod.ts";

/**
 * Reads a property string: `key=value` texts with commas between them; the first may be a value alone.
 *
 * @param defaultKey Key of a value without one.
 * @param keys The keys that there are.
 * @throws {UsageError} naming what is unknown or given twice.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const values = parsePropertyString("s3,client=aws", ["type", "client"], "type");
 * assertEquals([...values], [["type", "s3"], ["client", "aws"]]);
 * ```
 */
export function parsePropertyString(
  text: string,
  keys: readonly string[],
  defaultKey?: string,
): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const part of text.split(",")) {
    const equals = part.indexOf("=");
    const key = equals < 0 ? defaultKey : part.slice(0, equals).trim();
    if (key === undefined) throw new UsageError(`"${part}" is not of the form KEY=VALUE`);
    if (!keys.includes(key)) {
      throw new UsageError(`there is no "${key}", only ${keys.join(", ")}`);
    }
    if (values.has(key)) throw new UsageError(`"${key}" is given twice`);
    values.set(key, part.slice(equals + 1).trim());
  }
  return values;
}

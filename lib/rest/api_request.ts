import type { HeaderField, HttpRequest } from "../http/mod.ts";

/** A parameter of an API call; `undefined` ones are left out (spec: protocol.md §3.3). */
export type ApiParameter =
  | string
  | number
  | boolean
  | readonly string[]
  | readonly number[]
  | undefined;

/** The parameters of an API call by name. */
export type ApiParameters = Readonly<Record<string, ApiParameter>>;

const FORM: HeaderField = ["content-type", "application/x-www-form-urlencoded"];
const JSON_TYPE: HeaderField = ["content-type", "application/json"];

/**
 * Parameters as a query string: form-urlencoded, arrays as repeated keys.
 *
 * @returns Without the question mark; empty if no parameter is set.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(encodeQuery({ ns: "a/b", note: "x y", all: true, id: [1, 2] }),
 *   "ns=a%2Fb&note=x+y&all=true&id=1&id=2");
 * ```
 */
export function encodeQuery(parameters: ApiParameters): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined) continue;
    for (const item of Array.isArray(value) ? value : [value]) query.append(name, String(item));
  }
  return query.toString();
}

/**
 * A request with all parameters in its query.
 *
 * @param path Absolute, percent-encoded where needed, without query.
 */
export function queryRequest(
  method: string,
  path: string,
  parameters: ApiParameters = {},
): HttpRequest {
  const query = encodeQuery(parameters);
  return { method, path: query === "" ? path : `${path}?${query}`, headers: [FORM] };
}

/**
 * A request with its parameters as a JSON object; without parameters it has no body.
 *
 * @param path Absolute, percent-encoded where needed, without query.
 */
export function jsonRequest(
  method: string,
  path: string,
  parameters: ApiParameters = {},
): HttpRequest {
  if (Object.values(parameters).every((value) => value === undefined)) {
    return queryRequest(method, path);
  }
  const body = new TextEncoder().encode(JSON.stringify(parameters));
  return { method, path, headers: [JSON_TYPE], body };
}

/** A request with its parameters where the method wants them: JSON for POST, else the query. */
export function apiRequest(
  method: string,
  path: string,
  parameters: ApiParameters = {},
): HttpRequest {
  return method === "POST"
    ? jsonRequest(method, path, parameters)
    : queryRequest(method, path, parameters);
}

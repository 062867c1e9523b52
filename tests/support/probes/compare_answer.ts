import { inflateSync } from "node:zlib";
import type { Probe } from "./probe.ts";
import type { RawAnswer } from "./raw_client.ts";

/** Members that a server may have or not have, whatever its state. */
const STATE_MEMBERS = new Set(["cache-stats", "comment", "verification", "fingerprint", "endtime"]);

/**
 * Compares an answer with the recorded one: status, content type, and the members of JSON.
 *
 * @param answer Undefined if there was none.
 * @returns What differs; undefined if nothing does.
 */
export function compareAnswer(probe: Probe, answer: RawAnswer | undefined): string | undefined {
  const expected = probe.response;
  if (expected.status === null) {
    return answer === undefined ? undefined : `answered ${answer.status} ${show(answer)}`;
  }
  if (answer === undefined) return `no answer instead of ${expected.status}`;
  if (answer.status !== expected.status) {
    return `status ${answer.status} instead of ${expected.status}: ${show(answer)}`;
  }
  const type = answer.headers.get("content-type") ?? null;
  if (type !== expected["content-type"]) {
    return `content type ${type} instead of ${expected["content-type"]}`;
  }
  const cookie = expected.headers?.["set-cookie"];
  if (cookie !== undefined && answer.headers.get("set-cookie") === undefined) {
    return "no set-cookie";
  }
  const coding = expected.headers?.["content-encoding"];
  if (coding !== answer.headers.get("content-encoding")) return `content-encoding is not ${coding}`;
  return compareBodies(probe, answer);
}

function compareBodies(probe: Probe, answer: RawAnswer): string | undefined {
  const { body, status } = probe.response;
  if (status !== 200 || typeof body !== "string" || !/^[{[]/.test(body)) {
    return (body === "" || body === null) && status !== 101 && answer.body.length > 0 &&
        probe.request.method !== "HEAD"
      ? `a body: ${show(answer)}`
      : undefined;
  }
  const isJson = (probe.response["content-type"] ?? "application/json").startsWith(
    "application/json",
  );
  if (!isJson) return undefined;
  const bytes = answer.headers.get("content-encoding") === "deflate"
    ? inflateSync(answer.body)
    : answer.body;
  const actual: unknown = JSON.parse(new TextDecoder().decode(bytes));
  return compareValues(JSON.parse(body), actual, "$");
}

function compareValues(expected: unknown, actual: unknown, path: string): string | undefined {
  const [a, b] = [kindOf(expected), kindOf(actual)];
  if (a !== b) return `${path} is ${b} instead of ${a}: ${JSON.stringify(actual).slice(0, 200)}`;
  if (Array.isArray(expected) && Array.isArray(actual)) {
    if ((expected.length === 0) !== (actual.length === 0)) {
      return `${path} has ${actual.length} items instead of ${expected.length}`;
    }
    const [all, ours] = [union(expected), union(actual)];
    return all === undefined ? undefined : compareValues(all, ours, `${path}[]`);
  }
  if (a !== "object") {
    // What is no identifier, time or size is the same everywhere.
    const same = typeof expected !== "boolean" || expected === actual || path === "$.data.valid";
    return same ? undefined : `${path} is ${actual} instead of ${expected}`;
  }
  return compareMembers(expected as Members, actual as Members, path);
}

type Members = Readonly<Record<string, unknown>>;

function compareMembers(expected: Members, actual: Members, path: string): string | undefined {
  // ACL paths, subdirectories and such are data, not members.
  if (Object.keys(expected).some((key) => key.startsWith("/"))) return undefined;
  const keys = new Set([...Object.keys(expected), ...Object.keys(actual)]);
  for (const key of keys) {
    const ofState = STATE_MEMBERS.has(key) || (key === "status" && path === "$.data[]");
    if (ofState && !(key in expected && key in actual)) continue;
    if (!(key in actual)) return `${path}.${key} is missing`;
    if (!(key in expected)) return `${path}.${key} is not expected`;
    const difference = compareValues(expected[key], actual[key], `${path}.${key}`);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

/** An item with the members of all items. */
function union(items: readonly unknown[]): unknown {
  if (!items.every((item) => kindOf(item) === "object")) return items[0];
  const all = Object.assign({}, ...items as object[]) as Record<string, unknown>;
  // Flags and lists differ from item to item.
  for (const [key, value] of Object.entries(all)) {
    if (typeof value === "boolean") all[key] = true;
    if (Array.isArray(value)) all[key] = items.flatMap((item) => (item as Members)[key] ?? []);
  }
  return all;
}

function kindOf(value: unknown): string {
  return value === null ? "null" : Array.isArray(value) ? "array" : typeof value;
}

function show(answer: RawAnswer): string {
  return new TextDecoder().decode(answer.body.subarray(0, 160));
}

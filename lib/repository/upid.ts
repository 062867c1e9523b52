import { CorruptDataError } from "../errors/mod.ts";

/** A task identifier taken apart (spec: protocol.md §3.5). */
export interface Upid {
  readonly node: string;
  readonly pid: number;
  /** Start of the process, clock ticks. */
  readonly pstart: number;
  readonly taskId: number;
  /** Seconds since the epoch. */
  readonly startTime: number;
  readonly workerType: string;
  readonly workerId: string;
  readonly authId: string;
}

const PATTERN =
  /^UPID:([a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?):([0-9A-Fa-f]{8}):([0-9A-Fa-f]{8,9}):([0-9A-Fa-f]{8,16}):([0-9A-Fa-f]{8}):([^:\s]+):([^:\s]*):([^:\s]+):$/;

/** Writes a task identifier. */
export function formatUpid(upid: Upid): string {
  const number = (value: number) => value.toString(16).toUpperCase().padStart(8, "0");
  return [
    "UPID",
    upid.node,
    number(upid.pid),
    number(upid.pstart),
    number(upid.taskId),
    number(upid.startTime),
    upid.workerType,
    escapeUnitName(upid.workerId),
    upid.authId,
    "",
  ].join(":");
}

/** Whether a text has the form of a task identifier. */
export function isUpidText(text: string): boolean {
  return PATTERN.test(text);
}

/** Reads a task identifier. @throws {CorruptDataError} if it is none. */
export function parseUpid(text: string): Upid {
  const match = PATTERN.exec(text);
  if (match === null) {
    throw new CorruptDataError(`"${text.slice(0, 200)}" is not a task identifier`);
  }
  const [, node, pid, pstart, taskId, startTime, workerType, workerId, authId] = match;
  return {
    node: node!,
    pid: parseInt(pid!, 16),
    pstart: parseInt(pstart!, 16),
    taskId: parseInt(taskId!, 16),
    startTime: parseInt(startTime!, 16),
    workerType: workerType!,
    workerId: unescapeUnitName(workerId!),
    authId: authId!,
  };
}

/**
 * Escapes a text like the name of a systemd unit: `/` becomes `-`, letters, digits, `_` and `.`
 * (not in front) stay, every other byte becomes `\x` and two hex digits.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * assertEquals(escapeUnitName("vm/100/2022-05-02"), "vm-100-2022\\x2d05\\x2d02");
 * ```
 */
export function escapeUnitName(text: string): string {
  let escaped = "";
  for (const [i, byte] of new TextEncoder().encode(text).entries()) {
    const character = String.fromCharCode(byte);
    if (character === "/") escaped += "-";
    else if (/[A-Za-z0-9_]/.test(character) || (character === "." && i > 0)) escaped += character;
    else escaped += `\\x${byte.toString(16).padStart(2, "0")}`;
  }
  return escaped;
}

/** Reverses {@linkcode escapeUnitName}. */
export function unescapeUnitName(text: string): string {
  const bytes: number[] = [];
  const source = new TextEncoder().encode(text);
  for (let i = 0; i < source.length; i++) {
    const hex = text.slice(i, i + 4).match(/^\\x([0-9a-fA-F]{2})$/)?.[1];
    if (hex !== undefined) {
      bytes.push(parseInt(hex, 16));
      i += 3;
    } else bytes.push(source[i] === 0x2d ? 0x2f : source[i]!);
  }
  return new TextDecoder().decode(new Uint8Array(bytes));
}

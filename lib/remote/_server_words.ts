import {
  AuthError,
  ConflictError,
  LockedError,
  NotFoundError,
  type PbsError,
} from "../errors/mod.ts";
import { OlderSnapshotError, saysLocked, SnapshotExistsError } from "../repository/mod.ts";

/**
 * Every text of a server by which something is decided. A server answers 400 to most of what it refuses
 * and tells of a task by a line: its words are all there is (spec: protocol.md §3.2, §7.8, §10, 50).
 */

/** Class of the local forms' error for a refusal. */
export type RefusalKind = new (text: string, options: ErrorOptions) => PbsError;

const REFUSALS: readonly (readonly [{ test(text: string): boolean }, RefusalKind])[] = [
  [/owner check failed|missing permissions|permission check failed|^no permissions on/, AuthError],
  [{ test: saysLocked }, LockedError],
  [
    /no such datastore|does not exist|namespace not found|not found|ENOENT|No such file|no such chunk/,
    NotFoundError,
  ],
  [/older than last backup/, OlderSnapshotError],
  [/backup directory already exists/, SnapshotExistsError],
  [
    /already|protected snapshot|only partially deleted|no valid previous/,
    ConflictError,
  ],
];

/** Which error a refusal is for a caller; undefined if no word tells. */
export function refusalKindOf(text: string): RefusalKind | undefined {
  return REFUSALS.find(([words]) => words.test(text))?.[1];
}

/** Whether the ticket or token itself was refused: a lack of privileges has the same status. */
export function saysLoginRefused(text: string): boolean {
  return text === "authentication failed";
}

/** Whether a verification's exit status says that it ran and found damage. */
export function saysVerificationFailed(status: string): boolean {
  return /^verification failed/i.test(status);
}

/** Whether a line of a task's log tells of a problem. */
export function isWarningLine(line: string): boolean {
  return line.startsWith("WARN: ");
}

/** Whether a line of a task's log is its last one, which repeats the exit status. */
export function isOutcomeLine(line: string): boolean {
  return /^TASK (?:OK|ERROR|WARNINGS)/.test(line);
}

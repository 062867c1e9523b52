import { situationOf } from "../../lib/errors/mod.ts";
import {
  type BackupGroup,
  formatGroupPath,
  OlderSnapshotError,
  type Repository,
} from "../../lib/repository/mod.ts";

/**
 * Adds to a server's refusal which snapshot is newer than the backup: servers do not name it, and
 * without it nobody knows the way out of a clock that was wrong once.
 *
 * @returns The error to throw: what is no such refusal comes back as it is.
 */
export async function nameNewestSnapshot(
  error: unknown,
  repository: Repository,
  namespace: string,
  group: BackupGroup,
): Promise<unknown> {
  const isMeant = error instanceof OlderSnapshotError && situationOf(error) === undefined;
  if (!isMeant) return error;
  // Who may back up may list what they own; if not, the official words must do.
  const others = await repository.listSnapshots(namespace, group).catch(() => []);
  const times = others.filter(({ size }) => size !== undefined).map(({ time }) => time);
  if (times.length === 0) return error;
  const newest = Math.max(...times);
  return new OlderSnapshotError(error.message, {
    cause: error.cause,
    situation: { kind: "newer-snapshot", group: formatGroupPath(group), newest },
  });
}

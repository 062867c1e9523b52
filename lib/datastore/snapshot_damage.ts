import {
  AuthError,
  describeError,
  NotFoundError,
  PbsError,
  ServerError,
  SystemError,
} from "../errors/mod.ts";
import { verifyStateOf } from "../manifest/mod.ts";
import { isTransientError } from "../repository/mod.ts";
import type { DatastoreSnapshot } from "./datastore_snapshot.ts";
import { checkArchiveFileName } from "./layout.ts";
import { readManifest } from "./snapshot_manifest.ts";

/** Damage of a finished snapshot that shows without reading its archives. */
export interface SnapshotDamage {
  /** Why it cannot be restored: its manifest cannot be read, or files that it lists are missing. */
  readonly broken?: string;
  /** Whether that is because the system or a store did not let it be read now: it may be whole. */
  readonly unreadable?: boolean;
  /** Whether its last verification failed. */
  readonly failedVerification: boolean;
}

/**
 * Looks whether a finished snapshot is one that can be relied on.
 *
 * @throws {NotFoundError} if it has no manifest: it is unfinished, or was removed.
 * @throws {ConnectionError} if a store elsewhere does not answer.
 */
export async function findDamage(snapshot: DatastoreSnapshot): Promise<SnapshotDamage> {
  try {
    const manifest = await readManifest(snapshot);
    const failedVerification = verifyStateOf(manifest)?.state === "failed";
    const { files } = snapshot.datastore;
    for (const { filename } of manifest.files) {
      checkArchiveFileName(filename);
      if (files.size(snapshot.file(filename)) === undefined) {
        return { broken: `its file "${filename}" is missing`, failedVerification };
      }
    }
    return { failedVerification };
  } catch (error) {
    if (error instanceof NotFoundError || !(error instanceof PbsError)) throw error;
    if (isTransientError(error)) throw error;
    const broken = describeError(error).join(": ");
    return { broken, unreadable: isRefused(error), failedVerification: false };
  }
}

function isRefused(error: unknown): boolean {
  if (error instanceof SystemError || error instanceof ServerError) return true;
  if (error instanceof AuthError) return true;
  return error instanceof Error && error.cause !== undefined && isRefused(error.cause);
}

import { ConflictError } from "../errors/mod.ts";

/** A snapshot is protected and stays. */
export class ProtectedSnapshotError extends ConflictError {
  /** Name of the class, for messages. */
  override name = "ProtectedSnapshotError";
}

import { ConflictError } from "../errors/mod.ts";

/** A backup cannot begin: its group has a snapshot that is as new, or newer. */
export class OlderSnapshotError extends ConflictError {}

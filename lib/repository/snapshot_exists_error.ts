import { ConflictError } from "../errors/mod.ts";

/** A backup cannot begin: a folder of its time is there, of a run that did not come to its end. */
export class SnapshotExistsError extends ConflictError {}

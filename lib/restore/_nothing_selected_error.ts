import { NotFoundError } from "../errors/mod.ts";

/** The patterns of a restore select nothing of the archive. */
export class NothingSelectedError extends NotFoundError {}

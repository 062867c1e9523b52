/** Something wrong in a file of jobs. */
export interface Fault {
  /** From 1. */
  readonly line: number;
  /** Keys that lead to the place, with dots; empty for the file as a whole. */
  readonly key: string;
  /** The mistake, and the way out. */
  readonly reason: string;
}

import type { ManualSubject } from "./manual/manual_subject.ts";

/** A program that this code can be: what it is called and what it says of itself. */
export interface Program {
  /** As in usage texts. */
  readonly name: string;
  readonly description: string;
  /** An abbreviated command line. */
  readonly abbreviation: string;
  /** The variable with the least important level of messages that are shown. */
  readonly logVariable: string;
  /** Contents of its manual pages besides what follows from the commands. */
  loadManual(): Promise<ManualSubject>;
}

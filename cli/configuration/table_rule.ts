import type { Parameter } from "../command.ts";

/**
 * The keys that a table may have. The check of a file and its JSON Schema are both made from these, so
 * that they cannot say different things.
 */
export interface TableRule {
  readonly description: string;
  /** Keys with a value; one that is repeatable has an array. */
  readonly keys: readonly Parameter[];
  /** Keys with a table of fixed keys. */
  readonly tables?: Readonly<Record<string, TableRule>>;
  /** Rule of tables whose names are the user's, in place of all of the above. */
  readonly named?: TableRule;
  /** Somebody else checks what is in it. */
  readonly isOpaque?: boolean;
}

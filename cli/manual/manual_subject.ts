import type { EnvironmentVariable } from "./environment_variables.ts";
import type { Example } from "./examples.ts";
import type { ExitCode } from "./exit_codes.ts";
import type { UsedFile } from "./used_files.ts";

/** A section of a program's page: a heading, then paragraphs. */
export type ManualSection = readonly [heading: string, ...paragraphs: string[]];

/** Contents of a program's manual pages besides what follows from its commands. */
export interface ManualSubject {
  /** The line that `whatis` shows. */
  readonly headline: string;
  /** Follows the program's description. */
  readonly remark: string;
  /** Terms and rules that concern most commands. */
  readonly sections: readonly ManualSection[];
  /** By command; those of `""` introduce the whole program. */
  readonly examples: ReadonlyMap<string, readonly Example[]>;
  readonly environment: readonly EnvironmentVariable[];
  readonly files: readonly UsedFile[];
  readonly exitCodes: readonly ExitCode[];
}

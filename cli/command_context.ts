import type { CommandTable } from "./arguments/find_command.ts";
import type { Environment } from "./environment.ts";
import type { Output } from "./output/output.ts";
import type { Program } from "./program.ts";
import type { RepositoryOpener } from "./repository/repository_opener.ts";
import type { RepositoryUse } from "./repository/repository_use.ts";

/** Everything that a command gets besides its values. */
export interface CommandContext {
  readonly program: Program;
  /** All commands of the program. */
  readonly table: CommandTable;
  readonly environment: Environment;
  readonly output: Output;
  readonly repositories: RepositoryOpener;
  /** Told of the repository that the command works with. */
  readonly use: RepositoryUse;
}

import type { CommandTable } from "./arguments/find_command.ts";
import type { Environment } from "./environment/environment.ts";
import type { RepositoryOpener } from "./environment/repository_opener.ts";
import type { RepositoryUse } from "./environment/repository_use.ts";
import type { Output } from "./output/output.ts";

/** What a command gets besides its values. */
export interface CommandContext {
  /** All commands of the program. */
  readonly table: CommandTable;
  readonly environment: Environment;
  readonly output: Output;
  readonly repositories: RepositoryOpener;
  /** Told of the repository that the command works with. */
  readonly use: RepositoryUse;
}

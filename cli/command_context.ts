import type { Environment } from "./environment/environment.ts";
import type { RepositoryOpener } from "./environment/repository_opener.ts";
import type { RepositoryUse } from "./environment/repository_use.ts";
import type { Output } from "./output/output.ts";

/** What a handler gets besides its values. */
export interface CommandContext {
  readonly environment: Environment;
  readonly output: Output;
  readonly repositories: RepositoryOpener;
  /** Told of the repository that the command works with. */
  readonly use: RepositoryUse;
}

import { UsageError } from "../../lib/errors/mod.ts";
import type { Repository, RepositoryTasks } from "../../lib/repository/mod.ts";

/**
 * The tasks of a repository.
 *
 * @throws {UsageError} for a directory, where long work is done in the foreground.
 */
export function tasksOf({ tasks, displayName }: Repository): RepositoryTasks {
  if (tasks !== undefined) return tasks;
  throw new UsageError(
    `repository '${displayName}' is a directory: its commands run in the foreground, ` +
      "there are no tasks",
  );
}

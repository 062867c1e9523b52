import { UsageError } from "../../lib/errors/mod.ts";
import { isBucketText, type Repository, type RepositoryTasks } from "../../lib/repository/mod.ts";

/**
 * The tasks of a repository.
 *
 * @throws {UsageError} for a directory or a bucket, where long work is done in the foreground.
 */
export function tasksOf({ tasks, displayName }: Repository): RepositoryTasks {
  if (tasks !== undefined) return tasks;
  const what = isBucketText(displayName) ? "bucket" : "directory";
  throw new UsageError(
    `repository '${displayName}' is a ${what}: its commands run in the foreground, ` +
      "there are no tasks",
  );
}

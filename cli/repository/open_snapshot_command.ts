import {
  type BackupSnapshot,
  findSnapshot,
  isLatestPath,
  parseSnapshotPath,
  type Repository,
} from "../../lib/repository/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import { openRepository } from "./open_repository.ts";
import { selectNamespace } from "./select_namespace.ts";

/** Repository and snapshot of a command. Disposal closes the repository. */
export interface OpenedSnapshotCommand extends AsyncDisposable {
  readonly repository: Repository;
  readonly namespace: string;
  readonly snapshot: BackupSnapshot;
}

/** Opens the repository, then reads the snapshot's path, then the namespace (spec: cli.md §6.2). */
export async function openSnapshotCommand(
  values: CommandValues,
  context: CommandContext,
): Promise<OpenedSnapshotCommand> {
  const repository = await openRepository(values, context);
  try {
    const path = values.requiredText("snapshot");
    const given = isLatestPath(path) ? undefined : parseSnapshotPath(path);
    const namespace = selectNamespace(values, context.environment);
    const log = (line: string) => context.output.log("info", line);
    const snapshot = given ?? await findSnapshot(repository, namespace, path, log);
    return {
      repository,
      namespace,
      snapshot,
      [Symbol.asyncDispose]: () => Promise.resolve(repository[Symbol.asyncDispose]()),
    };
  } catch (error) {
    await repository[Symbol.asyncDispose]();
    throw error;
  }
}

import { findSnapshot, MANIFEST_BLOB_NAME } from "../../lib/repository/mod.ts";
import { SAFE_FORMAT } from "../arguments/value_formats.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { openRestoreKey } from "../keys/open_restore_key.ts";
import { readCryptOptions } from "../keys/read_crypt_options.ts";
import { checkTreeName } from "../arguments/check_tree_name.ts";
import { CATALOG_OPTIONS } from "../options/catalog_options.ts";
import { GROUP_OR_SNAPSHOT_POSITIONAL } from "../options/snapshot_positionals.ts";
import { openRepository } from "../repository/open_repository.ts";
import { selectNamespace } from "../repository/select_namespace.ts";

/** `catalog shell` (spec: cli.md §4.11). */
export const command: CommandDefinition = {
  description:
    "Look around in a file archive of a snapshot, search it, and restore parts of it, with " +
    "commands that are typed at a prompt or come from a pipe, a line each; the command help " +
    "lists them.",
  positionals: [
    GROUP_OR_SNAPSHOT_POSITIONAL,
    {
      name: "archive-name",
      type: { kind: "string", format: SAFE_FORMAT },
      required: true,
      completion: "tree-archive-name",
      description: "File archive, e.g. root.pxar.",
    },
  ],
  options: CATALOG_OPTIONS,
  output: "none",
  run: runCatalogShell,
};

async function runCatalogShell(values: CommandValues, context: CommandContext): Promise<void> {
  const { environment, output } = context;
  await using repository = await openRepository(values, context, { alsoFrom: { isLasting: true } });
  const archiveName = values.requiredText("archive-name");
  const cryptOptions = readCryptOptions(values, context);
  checkTreeName(archiveName, "Can only mount pxar archives.");
  const log = (level: "debug" | "info" | "warn" | "error", line: string) => output.log(level, line);
  const namespace = selectNamespace(values, environment);
  const snapshot = await findSnapshot(
    repository,
    namespace,
    values.requiredText("snapshot"),
    (line) => log("info", line),
  );
  const crypt = await openRestoreKey(cryptOptions, context);
  const [
    { CheckedSnapshot, ChunkCache, ReconnectingSource },
    { ArchiveShell },
    { ShellRun },
  ] = await Promise.all([
    import("../../lib/reading/mod.ts"),
    import("../../lib/shell/mod.ts"),
    import("../catalog_shell/run_shell.ts"),
  ]);
  // Servers end connections that nothing happens on, and a prompt may wait for hours.
  await using source = await ReconnectingSource.open({
    open: () => repository.openSnapshot(namespace, snapshot),
    onLost: (error) => log("debug", `the connection is gone, connecting again: ${error}`),
  });
  const checked = await CheckedSnapshot.open(source, crypt, MANIFEST_BLOB_NAME, { log });
  using cache = new ChunkCache(source, crypt);
  const shell = await ArchiveShell.open({
    snapshot: checked,
    archiveName,
    cache,
    ignoresCatalog: values.flag("ignore-catalog"),
    onNote: log,
  });
  log("info", "Starting interactive shell");
  await new ShellRun({ shell, source, archiveName, crypt }, context).run();
}

import type { ArchiveReader } from "../../lib/browse/mod.ts";
import { findSnapshot } from "../../lib/repository/mod.ts";
import { checkArchiveName } from "../arguments/check_archive_name.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import { openRestoreKey } from "../keys/open_restore_key.ts";
import { readCryptOptions } from "../keys/read_crypt_options.ts";
import { openRepository } from "./open_repository.ts";
import { selectNamespace } from "./select_namespace.ts";
import { warnOfRate } from "./warn_of_rate.ts";

/** An archive that a command looks into. Disposal closes it, and the repository. */
export interface OpenedArchive extends AsyncDisposable {
  readonly archive: ArchiveReader;
}

/** Opens the archive that `snapshot` and `archive-name` tell. */
export async function openArchive(
  values: CommandValues,
  context: CommandContext,
): Promise<OpenedArchive> {
  const { output } = context;
  const name = values.requiredText("archive-name");
  const { serverName } = checkArchiveName(name);
  await using stack = new AsyncDisposableStack();
  const repository = stack.use(await openRepository(values, context));
  warnOfRate(values, context);
  const cryptOptions = readCryptOptions(values, context);
  const namespace = selectNamespace(values, context.environment);
  const found = await findSnapshot(
    repository,
    namespace,
    values.requiredText("snapshot"),
    (line) => output.log("info", line),
  );
  const crypt = await openRestoreKey(cryptOptions, context);
  const source = stack.use(await repository.openSnapshot(namespace, found));
  const [{ ArchiveReader }, { CheckedSnapshot, ChunkCache }] = await Promise.all([
    import("../../lib/browse/mod.ts"),
    import("../../lib/reading/mod.ts"),
  ]);
  const snapshot = await CheckedSnapshot.open(source, crypt, serverName, {
    log: (level, line) => output.log(level, line),
  });
  const cache = stack.use(new ChunkCache(source, crypt));
  const archive = await ArchiveReader.open({ snapshot, name, cache });
  const held = stack.move();
  return { archive, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

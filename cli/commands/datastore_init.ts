import { quotePath } from "../../lib/bytes/mod.ts";
import type { Datastore } from "../../lib/datastore/mod.ts";
import { CancelledError, ConflictError } from "../../lib/errors/mod.ts";
import { isBucketText, parseBucketAddress } from "../../lib/repository/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { ChunkFolderMessages } from "../output/chunk_folder_messages.ts";
import { catchSignals } from "../signals/catch_signals.ts";

/** `datastore init`: ours, makes an empty datastore. */
export const command: CommandDefinition = {
  description: "Create a datastore directory, or a datastore in a bucket.",
  positionals: [{
    name: "path",
    type: { kind: "string" },
    required: true,
    completion: "file-name",
    description:
      "Directory to create, or an empty one that exists; or s3:https://HOST/BUCKET/NAME.",
  }],
  options: [],
  output: "none",
  run: initDatastore,
};

/**
 * `datastore init`: creates a datastore directory, or goes on where that was interrupted.
 *
 * @throws {ConflictError} if it is one already, or something else is in it.
 */
async function initDatastore(
  values: CommandValues,
  context: CommandContext,
): Promise<void> {
  const { output } = context;
  const path = values.requiredText("path");
  if (isBucketText(path)) return await initInBucket(path, context);
  const shown = quotePath(new TextEncoder().encode(path));
  using datastore = await createOrContinue(path);
  using signals = catchSignals(() =>
    output.log("info", `interrupted, "datastore init" goes on with ${shown}`)
  );
  const stop = () => datastore.chunkFolders.stop();
  signals.signal.addEventListener("abort", stop);
  const messages = new ChunkFolderMessages(output, shown);
  try {
    await datastore.chunkFolders.complete((progress) => messages.waiting(progress));
  } catch (error) {
    output.clearLiveLine();
    if (error instanceof CancelledError) signals.rethrow();
    throw error;
  }
  output.log("info", `created datastore ${shown}`);
  for (const note of datastore.takeNotes()) output.log("warn", note);
}

async function initInBucket(address: string, { environment, output }: CommandContext) {
  const { openNamedBucket } = await import("../repository/open_named_bucket.ts");
  const context = { environment, output, create: true };
  const { repository, isNew } = await openNamedBucket(parseBucketAddress(address), context);
  await repository[Symbol.asyncDispose]();
  if (!isNew) throw isThere(address);
}

async function createOrContinue(path: string): Promise<Datastore> {
  const { Datastore } = await import("../../lib/datastore/mod.ts");
  const { datastore, isNew } = Datastore.openOrCreate(path);
  if (isNew || datastore.chunkFolders.areMissing) return datastore;
  const root = datastore.path;
  datastore[Symbol.dispose]();
  throw isThere(root);
}

function isThere(path: string): ConflictError {
  return new ConflictError(`"${path}" is a datastore already`, {
    situation: { kind: "datastore-in-the-way", path, isDatastore: true },
  });
}

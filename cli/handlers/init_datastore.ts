import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import { createLocalRepository } from "../environment/system_repositories.ts";
import { quotePath } from "../../lib/fs/mod.ts";

/** `datastore init`: creates a datastore directory. */
export async function initDatastore(values: CommandValues, context: CommandContext): Promise<void> {
  const path = values.requiredText("path");
  await using repository = await createLocalRepository(path);
  context.output.log("info", `created datastore ${quotePath(new TextEncoder().encode(path))}`);
  for (const note of repository.datastore.newFileRules.takeNotes()) {
    context.output.log("warn", note);
  }
}

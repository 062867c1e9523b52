import { checkRealm, parseGroupPath } from "../../lib/repository/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import { openRepository } from "../environment/open_repository.ts";
import { selectNamespace } from "../environment/select_namespace.ts";

/** `change-owner` (spec: cli.md §4.9). */
export async function changeOwner(values: CommandValues, context: CommandContext): Promise<void> {
  const owner = values.requiredText("new-owner");
  checkRealm(owner);
  await using repository = await openRepository(values, context);
  const group = parseGroupPath(values.requiredText("group"));
  await repository.changeOwner(selectNamespace(values, context.environment), group, owner);
}

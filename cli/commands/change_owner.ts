import { checkRealm, parseGroupPath } from "../../lib/repository/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import { AUTH_ID_FORMAT } from "../arguments/value_formats.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { LOCK_WAIT_OPTION } from "../options/lock_wait_option.ts";
import { TARGET_OPTIONS } from "../options/repository_options.ts";
import { GROUP_POSITIONAL } from "../options/snapshot_positionals.ts";
import { openRepository } from "../repository/open_repository.ts";
import { selectNamespace } from "../repository/select_namespace.ts";

/** `change-owner` (spec: cli.md §4.9). */
export const command: CommandDefinition = {
  description: "Give a group to another owner.",
  positionals: [GROUP_POSITIONAL, {
    name: "new-owner",
    type: { kind: "string", minLength: 3, maxLength: 64, format: AUTH_ID_FORMAT },
    required: true,
    description: "User or API token: user@realm or user@realm!token.",
  }],
  options: [...TARGET_OPTIONS, LOCK_WAIT_OPTION],
  output: "none",
  run: changeOwner,
};

async function changeOwner(values: CommandValues, context: CommandContext): Promise<void> {
  const owner = values.requiredText("new-owner");
  checkRealm(owner);
  await using repository = await openRepository(values, context);
  const group = parseGroupPath(values.requiredText("group"));
  await repository.changeOwner(selectNamespace(values, context.environment), group, owner);
}

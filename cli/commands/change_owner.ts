import { AUTH_ID_FORMAT } from "../arguments/value_formats.ts";
import type { Command } from "../command.ts";
import { GROUP_POSITIONAL, LOCK_WAIT_OPTION, TARGET_OPTIONS } from "./shared_options.ts";

/** `change-owner` (spec: cli.md §4.9). */
export const changeOwnerCommand: Command = {
  name: "change-owner",
  description: "Give a group to another owner.",
  positionals: [GROUP_POSITIONAL, {
    name: "new-owner",
    type: { kind: "string", minLength: 3, maxLength: 64, format: AUTH_ID_FORMAT },
    required: true,
    description: "User or API token: user@realm or user@realm!token.",
  }],
  options: [...TARGET_OPTIONS, LOCK_WAIT_OPTION],
  output: "none",
  run: async (values, context) =>
    (await import("../handlers/change_owner.ts")).changeOwner(values, context),
};

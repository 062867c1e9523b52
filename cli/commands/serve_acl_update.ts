import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { SERVER_CONFIG_OPTION } from "../options/serve_parameters.ts";
import { serverAdministration } from "../serving/server_administration.ts";

/** `serve acl update`. */
export const command: CommandDefinition = {
  description: "Give a role to a user or API token, or take it away.",
  positionals: [
    {
      name: "path",
      type: { kind: "string" },
      required: true,
      description: "Where it holds, such as /datastore/store1 or /datastore/store1/namespace.",
    },
    {
      name: "role",
      type: { kind: "string" },
      required: true,
      description: "A role, such as DatastoreBackup; docs/server.md lists them.",
    },
  ],
  options: [
    {
      name: "auth-id",
      type: { kind: "string" },
      required: true,
      description: "User or API token.",
    },
    {
      name: "delete",
      type: { kind: "boolean" },
      default: false,
      description: "Take the role away.",
    },
    {
      name: "propagate",
      type: { kind: "boolean" },
      default: true,
      description: "Whether it also holds below the path.",
    },
    SERVER_CONFIG_OPTION,
  ],
  output: "none",
  run: updateRole,
};

async function updateRole(values: CommandValues, context: CommandContext): Promise<void> {
  const server = await serverAdministration(values, context);
  const rule = {
    path: values.requiredText("path"),
    authId: values.requiredText("auth-id"),
    role: values.requiredText("role"),
  };
  if (values.flag("delete")) await server.removeRole(rule);
  else await server.addRole({ ...rule, propagate: values.flag("propagate") });
}

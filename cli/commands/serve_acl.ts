import type { Command } from "../command.ts";
import { SERVER_CONFIG_OPTION } from "./serve_parameters.ts";
import { OUTPUT_FORMAT_OPTION } from "./shared_options.ts";

const load = () => import("../handlers/serve_acl.ts");

/** `serve acl …`: who may do what on the embedded server, and where (docs/server.md). */
export const SERVE_ACL_COMMANDS: readonly Command[] = [
  {
    name: "serve acl list",
    description: "List which roles users and tokens have.",
    positionals: [],
    options: [OUTPUT_FORMAT_OPTION, SERVER_CONFIG_OPTION],
    output: "table",
    isOurs: true,
    run: async (values, context) => (await load()).listRoles(values, context),
  },
  {
    name: "serve acl update",
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
    isOurs: true,
    run: async (values, context) => (await load()).updateRole(values, context),
  },
];

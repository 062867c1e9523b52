import type { Command } from "../command.ts";
import { ACCOUNT_OPTIONS, SERVER_CONFIG_OPTION, USER_ARGUMENT } from "./serve_parameters.ts";
import { OUTPUT_FORMAT_OPTION } from "./shared_options.ts";

const load = () => import("../handlers/serve_users.ts");

/** `serve user …`: the users of the embedded server (docs/server.md). */
export const SERVE_USER_COMMANDS: readonly Command[] = [
  {
    name: "serve user create",
    description: "Create a user of the server. The password is asked for, or comes from the " +
      "variable PBS_NEW_PASSWORD or its relatives _FD, _FILE and _CMD.",
    positionals: [USER_ARGUMENT],
    options: [...ACCOUNT_OPTIONS, SERVER_CONFIG_OPTION],
    output: "none",
    isOurs: true,
    run: async (values, context) => (await load()).createUser(values, context),
  },
  {
    name: "serve user disable",
    description: "Disable a user and the user's tokens without removing anything.",
    positionals: [USER_ARGUMENT],
    options: [SERVER_CONFIG_OPTION],
    output: "none",
    isOurs: true,
    run: async (values, context) => (await load()).disableUser(values, context),
  },
  {
    name: "serve user enable",
    description: "Allow a user again who was disabled.",
    positionals: [USER_ARGUMENT],
    options: [SERVER_CONFIG_OPTION],
    output: "none",
    isOurs: true,
    run: async (values, context) => (await load()).enableUser(values, context),
  },
  {
    name: "serve user list",
    description: "List the users of the server.",
    positionals: [],
    options: [OUTPUT_FORMAT_OPTION, SERVER_CONFIG_OPTION],
    output: "table",
    isOurs: true,
    run: async (values, context) => (await load()).listUsers(values, context),
  },
  {
    name: "serve user passwd",
    description: "Replace a user's password. It is asked for, or comes from the variable " +
      "PBS_NEW_PASSWORD or its relatives _FD, _FILE and _CMD.",
    positionals: [USER_ARGUMENT],
    options: [SERVER_CONFIG_OPTION],
    output: "none",
    isOurs: true,
    run: async (values, context) => (await load()).setUserPassword(values, context),
  },
  {
    name: "serve user permissions",
    description: "Show what a user or API token may do, and where.",
    positionals: [{
      name: "auth-id",
      type: { kind: "string" },
      required: true,
      description: "User or API token.",
    }],
    options: [
      { name: "path", type: { kind: "string" }, description: "Only this path." },
      OUTPUT_FORMAT_OPTION,
      SERVER_CONFIG_OPTION,
    ],
    output: "table",
    isOurs: true,
    run: async (values, context) => (await load()).showPermissions(values, context),
  },
  {
    name: "serve user remove",
    description: "Remove a user with all tokens, roles and second factors.",
    positionals: [USER_ARGUMENT],
    options: [SERVER_CONFIG_OPTION],
    output: "none",
    isOurs: true,
    run: async (values, context) => (await load()).removeUser(values, context),
  },
  {
    name: "serve user update",
    description: "Change what the configuration says about a user.",
    positionals: [USER_ARGUMENT],
    options: [...ACCOUNT_OPTIONS, SERVER_CONFIG_OPTION],
    output: "none",
    isOurs: true,
    run: async (values, context) => (await load()).updateUser(values, context),
  },
];

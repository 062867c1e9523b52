import type { Command } from "../command.ts";
import { ACCOUNT_OPTIONS, SERVER_CONFIG_OPTION, TOKEN_ARGUMENT } from "./serve_parameters.ts";
import { OUTPUT_FORMAT_OPTION } from "./shared_options.ts";

const load = () => import("../handlers/serve_tokens.ts");

/** `serve token …`: the API tokens of the embedded server (docs/server.md). */
export const SERVE_TOKEN_COMMANDS: readonly Command[] = [
  {
    name: "serve token delete",
    description: "Remove an API token with its roles.",
    positionals: [TOKEN_ARGUMENT],
    options: [SERVER_CONFIG_OPTION],
    output: "none",
    isOurs: true,
    run: async (values, context) => (await load()).deleteToken(values, context),
  },
  {
    name: "serve token generate",
    description: "Create an API token and show its secret, which can be read only now.",
    positionals: [TOKEN_ARGUMENT],
    options: [...ACCOUNT_OPTIONS, OUTPUT_FORMAT_OPTION, SERVER_CONFIG_OPTION],
    output: "table",
    isOurs: true,
    run: async (values, context) => (await load()).generateToken(values, context),
  },
  {
    name: "serve token list",
    description: "List the API tokens of the server, or of one user.",
    positionals: [{
      name: "userid",
      type: { kind: "string" },
      description: "Only this user's.",
    }],
    options: [OUTPUT_FORMAT_OPTION, SERVER_CONFIG_OPTION],
    output: "table",
    isOurs: true,
    run: async (values, context) => (await load()).listTokens(values, context),
  },
  {
    name: "serve token regenerate",
    description: "Replace the secret of an API token and show the new one.",
    positionals: [TOKEN_ARGUMENT],
    options: [OUTPUT_FORMAT_OPTION, SERVER_CONFIG_OPTION],
    output: "table",
    isOurs: true,
    run: async (values, context) => (await load()).regenerateToken(values, context),
  },
  {
    name: "serve token update",
    description: "Change what the configuration says about an API token.",
    positionals: [TOKEN_ARGUMENT],
    options: [...ACCOUNT_OPTIONS, SERVER_CONFIG_OPTION],
    output: "none",
    isOurs: true,
    run: async (values, context) => (await load()).updateToken(values, context),
  },
];

import type { Command } from "../command.ts";
import { SERVER_CONFIG_OPTION, USER_ARGUMENT } from "./serve_parameters.ts";
import { OUTPUT_FORMAT_OPTION } from "./shared_options.ts";

const load = () => import("../handlers/serve_second_factors.ts");

/** `serve tfa …`: second factors of the embedded server's users (docs/server.md). */
export const SERVE_TFA_COMMANDS: readonly Command[] = [
  {
    name: "serve tfa add",
    description: "Give a user a new TOTP secret and show it for an authenticator program. " +
      "A secret that exists already comes from the variable PBS_NEW_TOTP_SECRET or its relatives " +
      "_FD, _FILE and _CMD. On a terminal a first code is asked for.",
    positionals: [USER_ARGUMENT],
    options: [
      {
        name: "description",
        type: { kind: "string", maxLength: 128 },
        description: "A description, such as the name of a phone.",
      },
      SERVER_CONFIG_OPTION,
    ],
    output: "none",
    isOurs: true,
    run: async (values, context) => (await load()).addTotp(values, context),
  },
  {
    name: "serve tfa delete",
    description: "Remove a second factor of a user, or all of them.",
    positionals: [USER_ARGUMENT, {
      name: "id",
      type: { kind: "string" },
      description: "Its id as tfa list shows it; all are removed if absent.",
    }],
    options: [SERVER_CONFIG_OPTION],
    output: "none",
    isOurs: true,
    run: async (values, context) => (await load()).deleteSecondFactor(values, context),
  },
  {
    name: "serve tfa list",
    description: "List the second factors of a user.",
    positionals: [USER_ARGUMENT],
    options: [OUTPUT_FORMAT_OPTION, SERVER_CONFIG_OPTION],
    output: "table",
    isOurs: true,
    run: async (values, context) => (await load()).listSecondFactors(values, context),
  },
  {
    name: "serve tfa recovery",
    description: "Make new recovery keys for a user and show them; older ones are void.",
    positionals: [USER_ARGUMENT],
    options: [SERVER_CONFIG_OPTION],
    output: "none",
    isOurs: true,
    run: async (values, context) => (await load()).addRecoveryKeys(values, context),
  },
];

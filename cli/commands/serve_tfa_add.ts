import { UsageError } from "../../lib/errors/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { SERVER_CONFIG_OPTION, USER_ARGUMENT } from "../options/serve_parameters.ts";
import { askSecret } from "../secrets/ask_secret.ts";
import { readEnvironmentSecret } from "../secrets/read_environment_secret.ts";
import { administeredUser } from "../serving/administered_user.ts";

/** `serve tfa add` (docs/server.md): the secret is kept only when a first code was right. */
export const command: CommandDefinition = {
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
  run: addTotp,
};

async function addTotp(values: CommandValues, context: CommandContext): Promise<void> {
  const { output, environment } = context;
  const { createTotpSecret, normalizeTotpSecret, totpQrCode, totpStepOf, totpUri } = await import(
    "../../lib/server/mod.ts"
  );
  const { userId, server } = await administeredUser(values, context);
  const given = readEnvironmentSecret(
    environment,
    "PBS_NEW_TOTP_SECRET",
    "pbs-client.new-totp-secret",
  );
  const secret = given === undefined ? createTotpSecret() : normalizeTotpSecret(given);
  if (given === undefined) {
    const uri = totpUri(secret, userId, Deno.hostname());
    if (Deno.stdout.isTerminal()) output.print(totpQrCode(uri));
    output.printLine(`secret: ${secret}\nuri: ${uri}`);
  }
  if (Deno.stdin.isTerminal()) {
    const code = askSecret("Code that is shown now: ").replaceAll(/\s/g, "");
    if (totpStepOf(secret, code, Date.now()) === undefined) {
      throw new UsageError("the code is wrong: nothing was changed, look at the clocks");
    }
  }
  const id = await (await server.factors()).addTotp(
    userId,
    secret,
    values.text("description") ?? "",
  );
  output.log("info", `added ${id}: logins of ${userId} need a code from now on`);
}

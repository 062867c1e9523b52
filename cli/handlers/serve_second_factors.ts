import { NotFoundError, UsageError } from "../../lib/errors/mod.ts";
import {
  createTotpSecret,
  normalizeTotpSecret,
  totpQrCode,
  totpStepOf,
  totpUri,
} from "../../lib/server/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import { administeredUser } from "../environment/administered_user.ts";
import { askSecret } from "../environment/ask_secret.ts";
import { readEnvironmentSecret } from "../environment/read_environment_secret.ts";
import { printTable } from "../output/print_result.ts";
import { renderList } from "../output/table.ts";

/** `serve tfa add` (docs/server.md): the secret is kept only when a first code was right. */
export async function addTotp(values: CommandValues, context: CommandContext): Promise<void> {
  const { output, environment } = context;
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

/** `serve tfa recovery`. */
export async function addRecoveryKeys(
  values: CommandValues,
  context: CommandContext,
): Promise<void> {
  const { userId, server } = await administeredUser(values, context);
  for (const key of await (await server.factors()).addRecoveryKeys(userId)) {
    context.output.printLine(key);
  }
}

/** `serve tfa delete`. */
export async function deleteSecondFactor(
  values: CommandValues,
  context: CommandContext,
): Promise<void> {
  const { userId, server } = await administeredUser(values, context);
  const factors = await server.factors();
  if (factors.of(userId) === undefined) {
    throw new NotFoundError(`user "${userId}" has no second factor`);
  }
  await factors.remove(userId, values.text("id"));
}

/** `serve tfa list`. */
export async function listSecondFactors(
  values: CommandValues,
  context: CommandContext,
): Promise<void> {
  const { userId, server } = await administeredUser(values, context);
  const store = await server.factors();
  const left = store.challengeOf(userId)?.recovery ?? [];
  const rows = (store.of(userId)?.totp ?? []).map(({ id, description }) => ({
    id,
    type: "totp",
    description,
  }));
  if (store.of(userId)?.recovery !== undefined) {
    rows.push({ id: "recovery", type: "recovery", description: `${left.length} keys left` });
  }
  printTable(values, context, {
    json: rows,
    text: (style) =>
      renderList(
        [
          { title: "id", cell: (row) => row.id },
          { title: "type", cell: (row) => row.type },
          { title: "description", cell: (row) => row.description },
        ],
        rows,
        style,
      ),
  });
}

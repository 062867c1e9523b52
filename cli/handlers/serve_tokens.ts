import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import { serverAdministration } from "../environment/server_administration.ts";
import { printObject } from "../output/print_object.ts";
import { printTable } from "../output/print_result.ts";
import { renderList } from "../output/table.ts";
import { accountChange, formatExpiry } from "./serve_users.ts";

/** `serve token generate` (docs/server.md). */
export async function generateToken(
  values: CommandValues,
  context: CommandContext,
): Promise<void> {
  const tokenId = values.requiredText("tokenid");
  const server = serverAdministration(values, context);
  const secret = await server.generateToken(tokenId, accountChange(values));
  printSecret(values, context, tokenId, secret);
}

/** `serve token regenerate`. */
export async function regenerateToken(
  values: CommandValues,
  context: CommandContext,
): Promise<void> {
  const tokenId = values.requiredText("tokenid");
  const secret = await serverAdministration(values, context).regenerateToken(tokenId);
  printSecret(values, context, tokenId, secret);
}

/** `serve token update`. */
export async function updateToken(values: CommandValues, context: CommandContext): Promise<void> {
  const tokenId = values.requiredText("tokenid");
  await serverAdministration(values, context).updateToken(tokenId, accountChange(values));
}

/** `serve token delete`. */
export async function deleteToken(values: CommandValues, context: CommandContext): Promise<void> {
  await serverAdministration(values, context).removeToken(values.requiredText("tokenid"));
}

/** `serve token list`. */
export async function listTokens(values: CommandValues, context: CommandContext): Promise<void> {
  const server = serverAdministration(values, context);
  const userId = values.text("userid");
  if (userId !== undefined) await server.requireUser(userId);
  const { accounts } = await server.config();
  const tokens = accounts.filter(({ authId }) => authId.includes("!"))
    .filter(({ authId }) => userId === undefined || authId.startsWith(`${userId}!`));
  printTable(values, context, {
    json: tokens.map(({ authId, enabled, expire, comment }) => ({
      tokenid: authId,
      enable: enabled,
      expire,
      comment,
    })),
    text: (style) =>
      renderList(
        [
          { title: "tokenid", cell: (token) => token.authId },
          { title: "enable", cell: (token) => token.enabled ? "yes" : "no" },
          { title: "expire", cell: (token) => formatExpiry(token.expire) },
          { title: "comment", cell: (token) => token.comment ?? "" },
        ],
        tokens,
        style,
      ),
  });
}

function printSecret(
  values: CommandValues,
  context: CommandContext,
  tokenId: string,
  secret: string,
): void {
  printObject(values, context, [
    { name: "tokenid", value: tokenId },
    { name: "value", value: secret },
  ]);
}

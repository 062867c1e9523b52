import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { OUTPUT_FORMAT_OPTION } from "../options/output_options.ts";
import { SERVER_CONFIG_OPTION } from "../options/serve_parameters.ts";
import { printTable } from "../output/print_result.ts";
import { renderList } from "../output/table.ts";
import { formatExpiry } from "../serving/format_expiry.ts";
import { serverAdministration } from "../serving/server_administration.ts";

/** `serve token list`. */
export const command: CommandDefinition = {
  description: "List the API tokens of the server, or of one user.",
  positionals: [{
    name: "userid",
    type: { kind: "string" },
    description: "Only this user's.",
  }],
  options: [OUTPUT_FORMAT_OPTION, SERVER_CONFIG_OPTION],
  output: "table",
  run: listTokens,
};

async function listTokens(values: CommandValues, context: CommandContext): Promise<void> {
  const server = await serverAdministration(values, context);
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

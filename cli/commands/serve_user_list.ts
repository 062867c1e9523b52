import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { OUTPUT_FORMAT_OPTION } from "../options/output_options.ts";
import { SERVER_CONFIG_OPTION } from "../options/serve_parameters.ts";
import { printTable } from "../output/print_result.ts";
import { renderList } from "../output/table.ts";
import { formatExpiry } from "../serving/format_expiry.ts";
import { serverAdministration } from "../serving/server_administration.ts";

/** `serve user list`. */
export const command: CommandDefinition = {
  description: "List the users of the server.",
  positionals: [],
  options: [OUTPUT_FORMAT_OPTION, SERVER_CONFIG_OPTION],
  output: "table",
  run: listUsers,
};

async function listUsers(values: CommandValues, context: CommandContext): Promise<void> {
  const server = await serverAdministration(values, context);
  const factors = await server.factors();
  const { accounts } = await server.config();
  const users = accounts.filter(({ authId }) => !authId.includes("!")).map((account) => {
    const { totp, recovery } = factors.challengeOf(account.authId) ?? {};
    const kinds = [...totp ? ["totp"] : [], ...recovery ? ["recovery"] : []];
    return { ...account, kinds };
  });
  printTable(values, context, {
    json: users.map(({ authId, enabled, expire, comment, kinds }) => ({
      userid: authId,
      enable: enabled,
      expire,
      comment,
      "second-factors": kinds,
    })),
    text: (style) =>
      renderList(
        [
          { title: "userid", cell: (user) => user.authId },
          { title: "enable", cell: (user) => user.enabled ? "yes" : "no" },
          { title: "expire", cell: (user) => formatExpiry(user.expire) },
          { title: "second factors", cell: (user) => user.kinds.join(", ") },
          { title: "comment", cell: (user) => user.comment ?? "" },
        ],
        users,
        style,
      ),
  });
}

import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { OUTPUT_FORMAT_OPTION } from "../options/output_options.ts";
import { SERVER_CONFIG_OPTION, USER_ARGUMENT } from "../options/serve_parameters.ts";
import { printTable } from "../output/print_result.ts";
import { renderList } from "../output/table.ts";
import { administeredUser } from "../serving/administered_user.ts";

/** `serve tfa list`. */
export const command: CommandDefinition = {
  description: "List the second factors of a user.",
  positionals: [USER_ARGUMENT],
  options: [OUTPUT_FORMAT_OPTION, SERVER_CONFIG_OPTION],
  output: "table",
  run: listSecondFactors,
};

async function listSecondFactors(
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

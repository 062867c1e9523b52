import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { OUTPUT_FORMAT_OPTION } from "../options/output_options.ts";
import { SERVER_CONFIG_OPTION } from "../options/serve_parameters.ts";
import { printTable } from "../output/print_result.ts";
import { renderList } from "../output/table.ts";
import { serverAdministration } from "../serving/server_administration.ts";

/** `serve acl list` (docs/server.md). */
export const command: CommandDefinition = {
  description: "List which roles users and tokens have.",
  positionals: [],
  options: [OUTPUT_FORMAT_OPTION, SERVER_CONFIG_OPTION],
  output: "table",
  run: listRoles,
};

async function listRoles(values: CommandValues, context: CommandContext): Promise<void> {
  const { rules } = await (await serverAdministration(values, context)).config();
  const rows = rules.flatMap(({ path, authId, roles, propagate }) =>
    roles.map((role) => ({ path, authId, role, propagate }))
  );
  printTable(values, context, {
    json: rows.map(({ path, authId, role, propagate }) => ({
      path,
      ugid: authId,
      roleid: role,
      propagate,
    })),
    text: (style) =>
      renderList(
        [
          { title: "auth-id", cell: (row) => row.authId },
          { title: "path", cell: (row) => row.path },
          { title: "propagate", cell: (row) => row.propagate ? "yes" : "no" },
          { title: "role", cell: (row) => row.role },
        ],
        rows,
        style,
      ),
  });
}

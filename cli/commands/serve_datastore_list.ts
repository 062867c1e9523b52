import type { CommandDefinition } from "../command_definition.ts";
import { OUTPUT_FORMAT_OPTION } from "../options/output_options.ts";
import { SERVER_CONFIG_OPTION } from "../options/serve_parameters.ts";
import { printTable } from "../output/print_result.ts";
import { type Column, renderList } from "../output/table.ts";
import { serverFolderPath } from "../serving/server_folder_path.ts";

const COLUMNS = ["name", "path", "backend", "maintenance-mode", "comment"];

/** `serve datastore list`. */
export const command: CommandDefinition = {
  description: "List the datastores in the configuration of the server.",
  positionals: [],
  options: [OUTPUT_FORMAT_OPTION, SERVER_CONFIG_OPTION],
  output: "table",
  run: async (values, context) => {
    const { DatastoreAdministration, datastoreMembers } = await import("../../lib/server/mod.ts");
    const folder = serverFolderPath(values, context.environment);
    const { datastores } = await new DatastoreAdministration(folder).list();
    const rows = datastores.map(datastoreMembers);
    const columns = COLUMNS.map((name): Column<Record<string, unknown>> => ({
      title: name,
      cell: (row) => String(row[name] ?? ""),
    }));
    printTable(values, context, {
      json: rows,
      text: (style) => renderList(columns, rows, style),
    });
  },
};

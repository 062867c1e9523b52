import type { CommandDefinition } from "../command_definition.ts";
import { OUTPUT_FORMAT_OPTION } from "../options/output_options.ts";
import { SERVER_CONFIG_OPTION } from "../options/serve_parameters.ts";
import { printTable } from "../output/print_result.ts";
import { type Column, renderList } from "../output/table.ts";
import { serverEndpoints } from "../serving/endpoint_work.ts";

const COLUMNS = ["id", "endpoint", "port", "region", "access-key", "path-style", "fingerprint"];

/** `serve s3 list`. */
export const command: CommandDefinition = {
  description: "List the S3 endpoints of the server, without their secrets.",
  positionals: [],
  options: [OUTPUT_FORMAT_OPTION, SERVER_CONFIG_OPTION],
  output: "table",
  run: async (values, context) => {
    const { endpoints } = await (await serverEndpoints(values, context)).list();
    const columns = COLUMNS.map((name): Column<Record<string, unknown>> => ({
      title: name,
      cell: (row) => String(row[name] ?? ""),
    }));
    printTable(values, context, {
      json: endpoints,
      text: (style) => renderList(columns, endpoints, style),
    });
  },
};

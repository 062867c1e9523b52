import type { CommandDefinition } from "../command_definition.ts";
import { OUTPUT_FORMAT_OPTION } from "../options/output_options.ts";
import { ENDPOINT_ARGUMENT } from "../options/s3_parameters.ts";
import { SERVER_CONFIG_OPTION } from "../options/serve_parameters.ts";
import { printTable } from "../output/print_result.ts";
import { renderList } from "../output/table.ts";
import { serverEndpoints } from "../serving/endpoint_work.ts";

/** `serve s3 list-buckets`. */
export const command: CommandDefinition = {
  description: "List the buckets that an S3 endpoint of the server shows.",
  positionals: [ENDPOINT_ARGUMENT],
  options: [OUTPUT_FORMAT_OPTION, SERVER_CONFIG_OPTION],
  output: "table",
  run: async (values, context) => {
    const endpoints = await serverEndpoints(values, context);
    const { endpointOptions } = await import("../../lib/server/mod.ts");
    const { listBuckets } = await import("../../lib/s3/mod.ts");
    const endpoint = await endpoints.find(values.requiredText("id"));
    const buckets = (await listBuckets(endpointOptions(endpoint))).map((name) => ({ name }));
    printTable(values, context, {
      json: buckets,
      text: (style) => renderList([{ title: "name", cell: ({ name }) => name }], buckets, style),
    });
  },
};

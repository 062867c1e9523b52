import type { CommandDefinition } from "../command_definition.ts";
import { OUTPUT_FORMAT_OPTION } from "../options/output_options.ts";
import { REMOTE_ARGUMENT } from "../options/remote_parameters.ts";
import { SERVER_CONFIG_OPTION } from "../options/serve_parameters.ts";
import { printTable } from "../output/print_result.ts";
import { renderList } from "../output/table.ts";
import { serverJobs } from "../serving/job_work.ts";

/** `serve remote scan`. */
export const command: CommandDefinition = {
  description: "Log in to another server as the server does, and list the datastores there.",
  positionals: [REMOTE_ARGUMENT],
  options: [OUTPUT_FORMAT_OPTION, SERVER_CONFIG_OPTION],
  output: "table",
  run: async (values, context) => {
    const { openRemote } = await import("../../lib/server/mod.ts");
    const { remotes } = await serverJobs(values, context);
    const remote = await remotes.find(values.requiredText("name"));
    await using repository = await openRemote(remote, "");
    const stores = await repository.listDatastores();
    printTable(values, context, {
      json: stores,
      text: (style) =>
        renderList(
          [
            { title: "store", cell: ({ store }) => store },
            { title: "maintenance", cell: ({ maintenance }) => maintenance ?? "" },
            { title: "comment", cell: ({ comment }) => comment ?? "" },
          ],
          stores,
          style,
        ),
    });
  },
};

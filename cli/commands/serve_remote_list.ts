import type { CommandDefinition } from "../command_definition.ts";
import { OUTPUT_FORMAT_OPTION } from "../options/output_options.ts";
import { SERVER_CONFIG_OPTION } from "../options/serve_parameters.ts";
import { printTable } from "../output/print_result.ts";
import { renderList } from "../output/table.ts";
import { serverJobs } from "../serving/job_work.ts";

/** `serve remote list`. */
export const command: CommandDefinition = {
  description: "List the other servers that the server knows.",
  positionals: [],
  options: [OUTPUT_FORMAT_OPTION, SERVER_CONFIG_OPTION],
  output: "table",
  run: async (values, context) => {
    const { remoteMembers } = await import("../../lib/server/mod.ts");
    const { remotes } = await serverJobs(values, context);
    const { entries } = await remotes.list();
    printTable(values, context, {
      json: entries.map(remoteMembers),
      text: (style) =>
        renderList(
          [
            { title: "name", cell: ({ name }) => name },
            { title: "host", cell: ({ host }) => host },
            { title: "port", cell: ({ port }) => `${port ?? ""}` },
            { title: "auth-id", cell: ({ authId }) => authId },
            { title: "fingerprint", cell: ({ fingerprint }) => fingerprint?.slice(0, 23) ?? "" },
            { title: "comment", cell: ({ comment }) => comment ?? "" },
          ],
          entries,
          style,
        ),
    });
  },
};

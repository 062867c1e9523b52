import { UsageError } from "../../lib/errors/mod.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { CONFIG_OPTION } from "../configuration/find_jobs_file.ts";
import { OUTPUT_FORMAT_OPTION } from "../options/output_options.ts";
import { printTable } from "../output/print_result.ts";

/** `config check`: ours. */
export const command: CommandDefinition = {
  description: "Check the file with the jobs, without using a repository.",
  positionals: [],
  options: [CONFIG_OPTION, OUTPUT_FORMAT_OPTION],
  output: "table",
  run: async (values, context) => {
    const { findJobsFile } = await import("../configuration/find_jobs_file.ts");
    const { describeFault } = await import("../configuration/open_jobs_file.ts");
    const { readJobsFile } = await import("../configuration/read_jobs_file.ts");
    const { path, faults, file } = readJobsFile(findJobsFile(values, context));
    const jobs = file?.jobs.map(({ name }) => name) ?? [];
    printTable(values, context, {
      json: { path, jobs, faults },
      text: () =>
        faults.length > 0
          ? faults.map((fault) => `${describeFault(path, fault)}\n`).join("")
          : `${path}: ${jobs.length === 0 ? "no jobs" : `jobs ${jobs.join(", ")}`}\n`,
    });
    if (faults.length > 0) {
      throw new UsageError(
        faults.length === 1
          ? `there is a fault in "${path}"`
          : `there are ${faults.length} faults in "${path}"`,
      );
    }
  },
};

import type { CommandDefinition } from "../command_definition.ts";
import { KEYFILE_OPTION } from "../options/crypt_options.ts";
import { OUTPUT_FORMAT_OPTION, VERBOSITY_OPTIONS } from "../options/output_options.ts";
import { REPOSITORY_OPTIONS } from "../options/repository_options.ts";

/** `benchmark` (spec: cli.md §4.13). */
export const command: CommandDefinition = {
  description: "Measure how fast this machine and the way to a repository are.",
  positionals: [],
  options: [
    ...REPOSITORY_OPTIONS,
    ...VERBOSITY_OPTIONS,
    { ...KEYFILE_OPTION, description: "Key file; is only checked to be one." },
    {
      name: "no-cache",
      type: { kind: "boolean" },
      default: false,
      description: "Let the server bypass its cache.",
    },
    OUTPUT_FORMAT_OPTION,
    {
      name: "quick",
      type: { kind: "boolean" },
      default: false,
      description: "Take a tenth of the time, about 2 seconds; less exact.",
    },
  ],
  output: "table",
  run: async (values, context) => {
    const { runBenchmark } = await import("../measuring/run_benchmark.ts");
    await runBenchmark(values, context);
  },
};

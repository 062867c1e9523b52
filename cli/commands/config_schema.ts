import type { CommandDefinition } from "../command_definition.ts";

/** `config schema`: ours. */
export const command: CommandDefinition = {
  description: "Print the JSON Schema of the file with the jobs, for editors.",
  positionals: [],
  options: [],
  output: "none",
  run: async (_values, { output }) => {
    const { jobsSchema } = await import("../configuration/jobs_schema.ts");
    output.printLine(JSON.stringify(jobsSchema(), undefined, 2));
  },
};

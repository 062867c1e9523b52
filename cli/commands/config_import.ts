import type { CommandDefinition } from "../command_definition.ts";
import { WARNINGS_EXIT_OPTION } from "../options/output_options.ts";

/** `config import`: ours. */
export const command: CommandDefinition = {
  description: "Print the file with jobs that a configuration of borgmatic or resticprofile " +
    "becomes, and say what was not understood.",
  positionals: [{
    name: "file",
    type: { kind: "string" },
    required: true,
    completion: "file-name",
    description: "Configuration of the other program: YAML, JSON or TOML.",
  }],
  options: [
    {
      name: "from",
      type: { kind: "enum", values: ["borgmatic", "resticprofile"] },
      description: "The other program; if absent, it is seen by the keys.",
    },
    {
      ...WARNINGS_EXIT_OPTION,
      description: "Exit code if something was not understood, or has to be decided.",
    },
  ],
  output: "none",
  run: async (values, context) => {
    const { importConfig } = await import("../importing/import_config.ts");
    importConfig(values, context);
  },
};

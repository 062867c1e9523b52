import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { OUTPUT_FORMAT_OPTION } from "../options/output_options.ts";

/** `alert try`: ours, a message to see whether alerts arrive. */
export const command: CommandDefinition = {
  description: "Send a message to see whether alerts arrive, by mail, webhook or text file.",
  positionals: [{
    name: "alert",
    type: { kind: "string" },
    required: false,
    repeatable: true,
    description: "Names of alerts in the file; all of them if absent.",
  }],
  options: [
    {
      name: "config",
      type: { kind: "string" },
      completion: "file-name",
      description:
        "File with tables [alerts.NAME], or the configuration directory of a server; if " +
        "absent, proxmox-backup/pbs-client.toml in the user's or the system's configuration " +
        "folder, else /etc/pbs-client/pbs-client.toml.",
    },
    OUTPUT_FORMAT_OPTION,
  ],
  output: "table",
  run: tryAlerts,
};

async function tryAlerts(values: CommandValues, context: CommandContext): Promise<void> {
  const { runAlertTrial } = await import("../monitoring/run_alert_trial.ts");
  await runAlertTrial(values, context);
}

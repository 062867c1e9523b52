import { ServerAdministration } from "../../lib/server/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import { serverFolderPath } from "./server_folder_path.ts";

/** The server whose configuration a command changes. */
export function serverAdministration(
  values: CommandValues,
  { environment }: CommandContext,
): ServerAdministration {
  return new ServerAdministration(serverFolderPath(values, environment));
}

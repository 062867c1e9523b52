import type { ServerAdministration } from "../../lib/server/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import { serverFolderPath } from "./server_folder_path.ts";

/** The server whose configuration a command changes. */
export async function serverAdministration(
  values: CommandValues,
  { environment }: CommandContext,
): Promise<ServerAdministration> {
  // With it comes the whole server, which help can do without.
  const { ServerAdministration } = await import("../../lib/server/mod.ts");
  return new ServerAdministration(serverFolderPath(values, environment));
}

import { NotFoundError } from "../../lib/errors/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { Parameter } from "../command.ts";
import type { CommandContext } from "../command_context.ts";
import { findConfigFile } from "../files/find_config_file.ts";

const FILE_NAME = "pbs-client.toml";
/** Place where administrators look for it. */
const SYSTEM_FILE = `/etc/pbs-client/${FILE_NAME}`;

/** Names a file of jobs. */
export const CONFIG_OPTION: Parameter = {
  name: "config",
  type: { kind: "string" },
  completion: "file-name",
  description:
    "File with the jobs; if absent, proxmox-backup/pbs-client.toml in the user's or the " +
    "system's configuration folder, else /etc/pbs-client/pbs-client.toml.",
};

/**
 * The path of the file with the jobs: the given one, else the first that is there.
 *
 * @throws {NotFoundError} if there is none.
 */
export function findJobsFile(values: CommandValues, { environment }: CommandContext): string {
  const given = values.text("config");
  if (given !== undefined) return given;
  const found = findConfigFile(environment, FILE_NAME);
  if (found !== undefined) return found;
  try {
    Deno.lstatSync(SYSTEM_FILE);
    return SYSTEM_FILE;
  } catch (cause) {
    throw new NotFoundError(
      `there is no file with jobs: write ${SYSTEM_FILE}, or proxmox-backup/${FILE_NAME} in your ` +
        "configuration folder, or name one with --config",
      { cause },
    );
  }
}

import { UsageError } from "../../lib/errors/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { Environment } from "../environment.ts";

/**
 * The folder in which a server keeps everything: `--config`, or the usual one. The administrator's
 * server is configured for the machine, anybody else's for themselves.
 *
 * @throws {UsageError} if nothing says where it is.
 */
export function serverFolderPath(values: CommandValues, environment: Environment): string {
  const given = values.text("config");
  if (given !== undefined) return given;
  if (Deno.uid() === 0) return "/etc/pbs-client/server";
  const home = environment.get("HOME");
  const base = environment.get("XDG_CONFIG_HOME") || (home && `${home}/.config`);
  if (!base) throw new UsageError("neither HOME nor XDG_CONFIG_HOME is set: use --config");
  return `${base}/pbs-client/server`;
}

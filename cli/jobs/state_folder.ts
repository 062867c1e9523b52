import { UsageError } from "../../lib/errors/mod.ts";
import type { Environment } from "../environment.ts";

/**
 * The folder of what is kept from one run to the next: the service manager's, the user's, or that of
 * the system if the user is root.
 *
 * @throws {UsageError} if nothing tells where it is.
 */
export function stateFolder(environment: Environment): string {
  const ofService = environment.get("STATE_DIRECTORY")?.split(":")[0];
  if (ofService?.startsWith("/")) return ofService;
  const ofUser = environment.get("XDG_STATE_HOME");
  if (ofUser?.startsWith("/")) return `${ofUser}/pbs-client`;
  if (Deno.uid() === 0) return "/var/lib/pbs-client";
  const home = environment.get("HOME");
  if (home?.startsWith("/")) return `${home}/.local/state/pbs-client`;
  throw new UsageError("neither HOME nor XDG_STATE_HOME says where results of jobs belong");
}

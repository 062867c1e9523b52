import { errnoText } from "../../ffi/errno.ts";
import { leaveTerminal } from "../../ffi/posix_process.ts";
import { SystemError } from "../errors/mod.ts";

/**
 * Cuts this process off from the terminal that it was started from: it gets a session of its own, and
 * its standard streams lead nowhere.
 *
 * @throws {SystemError} if it leads a process group, as what a shell has started does.
 */
export function detachProcess(): void {
  const status = leaveTerminal();
  if (status < 0) {
    throw new SystemError(-status, `cannot leave the terminal: ${errnoText(-status)}`);
  }
}

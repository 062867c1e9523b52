import { posixLibrary } from "./posix_library.ts";

/**
 * Leaves the terminal: makes this process the first of a session of its own, and lets its standard
 * streams lead nowhere.
 *
 * @returns 0, or a negative error number: `-EPERM` if it leads a process group.
 */
export function leaveTerminal(): number {
  return posixLibrary().pbs_leave_terminal();
}

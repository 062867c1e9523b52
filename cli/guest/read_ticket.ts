import { UsageError } from "../../lib/errors/mod.ts";
import { readInputPath } from "../files/read_input.ts";

/** Far more than a UUID. */
const MAX_TICKET_BYTES = 4096;

/**
 * The ticket in a file, which is all of it (spec: protocol.md §8.2).
 *
 * @throws {UsageError} if it cannot be read, or no request could show it.
 */
export function readTicket(path: string): string {
  const ticket = new TextDecoder().decode(readInputPath(path, MAX_TICKET_BYTES));
  if (ticket === "") throw new UsageError(`ticket file '${path}' is empty`);
  if (/^[!-~]+$/.test(ticket)) return ticket;
  throw new UsageError(
    `ticket file '${path}' has blanks, line ends or other characters that no request can show: ` +
      "write it with printf %s",
  );
}

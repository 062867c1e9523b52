import { sendDatagram } from "./send_datagram.ts";

const SOCKET = "/dev/log";
/** Facility of services, times 8. */
const DAEMON = 3 << 3;
const SEVERITY = { error: 3, warn: 4, info: 6, debug: 7 } as const;

/**
 * Writes a line to the system's log, where there is one.
 *
 * @param program Name that the line carries.
 */
export function logToSystem(
  program: string,
  level: "error" | "warn" | "info" | "debug",
  line: string,
): void {
  sendDatagram(SOCKET, `<${DAEMON | SEVERITY[level]}>${program}[${Deno.pid}]: ${line}`);
}

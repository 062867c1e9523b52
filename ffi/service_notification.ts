import { sendDatagram } from "./send_datagram.ts";

/**
 * Tells a service manager how a service is, as `sd_notify` does.
 *
 * @param socketPath Value of `NOTIFY_SOCKET`; an `@` in front stands for an abstract name.
 * @param state Such as `READY=1`.
 * @returns Whether it was sent.
 */
export function notifyServiceManager(socketPath: string, state: string): boolean {
  return sendDatagram(socketPath, state);
}

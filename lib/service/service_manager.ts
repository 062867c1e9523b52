import { notifyServiceManager } from "../../ffi/service_notification.ts";

/** The first descriptor that a service manager passes. */
const FIRST_DESCRIPTOR = 3;

/** Questions and gifts of the service manager that started us (systemd's protocol). */
export interface ServiceManager {
  /** Address to report to; undefined if nobody listens. */
  readonly notifySocket: string | undefined;
  /** Descriptor of a socket that listens already. */
  readonly listenDescriptor: number | undefined;
}

/**
 * Reads the variables with which a service manager speaks to us.
 *
 * @param get Value of an environment variable.
 */
export function serviceManagerOf(get: (name: string) => string | undefined): ServiceManager {
  const passed = get("LISTEN_PID") === String(Deno.pid) && Number(get("LISTEN_FDS")) >= 1;
  return {
    notifySocket: get("NOTIFY_SOCKET") || undefined,
    listenDescriptor: passed ? FIRST_DESCRIPTOR : undefined,
  };
}

/** Tells the service manager that we serve, or that we stop. */
export function notifyReady({ notifySocket }: ServiceManager, state: "ready" | "stopping"): void {
  if (notifySocket === undefined) return;
  notifyServiceManager(notifySocket, state === "ready" ? "READY=1" : "STOPPING=1");
}

/**
 * Tells the service manager how far a job is; `systemctl status` shows it.
 *
 * @param text One line; what follows a line end is left out.
 */
export function notifyStatus({ notifySocket }: ServiceManager, text: string): void {
  if (notifySocket === undefined) return;
  notifyServiceManager(notifySocket, `STATUS=${text.split("\n", 1)[0]}`);
}

import { notifyReady, notifyStatus, serviceManagerOf } from "../../lib/service/mod.ts";
import type { Environment } from "../environment.ts";

/** The status of a job that a service manager has started; does nothing if there is none. */
export class ServiceStatus {
  readonly #manager: ReturnType<typeof serviceManagerOf> | undefined;

  /** Says that the job has begun, which services of the type `notify` wait for. */
  constructor(environment: Environment) {
    const get = (name: string) => environment.get(name);
    // The variables also come to what our own caller is the service of.
    const process = get("SYSTEMD_EXEC_PID");
    if (process !== undefined && process !== String(Deno.pid)) return;
    const manager = serviceManagerOf(get);
    if (manager.notifySocket === undefined) return;
    this.#manager = manager;
    notifyReady(manager, "ready");
  }

  /** Whether anybody listens. */
  get isHeard(): boolean {
    return this.#manager !== undefined;
  }

  /** @param text One line. */
  show(text: string): void {
    if (this.#manager !== undefined) notifyStatus(this.#manager, text);
  }
}

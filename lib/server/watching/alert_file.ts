import { withoutMark } from "../../bytes/mod.ts";
import { SystemError } from "../../errors/mod.ts";
import { type AlertConfig, NO_ALERTS, parseAlertConfig } from "./parse_alert_config.ts";

const EIO = 5;
/** Far more than anybody writes. */
const MAX_BYTES = 256 * 1024;

/** The file of alerts, which is read again when it has changed. */
export class AlertFile {
  readonly #path: string;
  #seen = "";
  #config = NO_ALERTS;

  /** @param path It need not be there. */
  constructor(path: string) {
    this.#path = path;
  }

  /** Contents of the file as it was read last. */
  get config(): AlertConfig {
    return this.#config;
  }

  /**
   * Reads the file if it has changed.
   *
   * @throws {UsageError} if it is wrong, once; what was read before stays in force.
   * @throws {SystemError} if it cannot be read.
   */
  async refresh(): Promise<void> {
    const seen = await this.#mark();
    if (seen === this.#seen) return;
    this.#seen = seen;
    if (seen === "") {
      this.#config = NO_ALERTS;
      return;
    }
    let text: string;
    try {
      if ((await Deno.stat(this.#path)).size > MAX_BYTES) throw new Error("it is too large");
      text = withoutMark(await Deno.readTextFile(this.#path));
    } catch (cause) {
      throw new SystemError(EIO, `cannot read "${this.#path}": ${(cause as Error).message}`, {
        cause,
      });
    }
    this.#config = parseAlertConfig(text, `"${this.#path}"`);
  }

  /** Tells one state of the file from another; empty if it is not there. */
  async #mark(): Promise<string> {
    try {
      const { mtime, size, ino } = await Deno.stat(this.#path);
      return `${mtime?.getTime()} ${size} ${ino}`;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return "";
      throw new SystemError(EIO, `cannot read "${this.#path}": ${(error as Error).message}`, {
        cause: error,
      });
    }
  }
}

import { localClock, localOffsetSeconds } from "../time/mod.ts";
import type { IncomingRequest } from "../http/mod.ts";

/** One answered request. */
export interface AccessLogEntry {
  readonly peer: string;
  /** Empty if nobody was identified. */
  readonly authId: string;
  readonly request: IncomingRequest;
  readonly status: number;
  /** Length of the body, if it was known. */
  readonly sizeBytes: number;
}

/** Lines that wait when the disk does not keep up; further ones are lost. */
const MAX_PENDING_LINES = 10_000;

/** The log of requests: one line each, no query, no secrets. */
export class AccessLog {
  readonly #path: string;
  #lines: string[] = [];
  #writing: Promise<void> | undefined;

  /** @param path The folder exists. */
  constructor(path: string) {
    this.#path = path;
  }

  /** Adds a line. */
  add(entry: AccessLogEntry): void {
    if (this.#lines.length < MAX_PENDING_LINES) this.#lines.push(formatEntry(entry, new Date()));
    this.#writing ??= this.#write();
  }

  /** Resolves when everything was written. */
  async flush(): Promise<void> {
    await this.#writing;
  }

  async #write(): Promise<void> {
    try {
      while (this.#lines.length > 0) {
        const text = this.#lines.splice(0).join("");
        await Deno.writeTextFile(this.#path, text, { append: true, mode: 0o640 });
      }
    } catch {
      // A log that cannot be written must not keep the server from answering.
      this.#lines = [];
    } finally {
      this.#writing = undefined;
    }
  }
}

function formatEntry(
  { peer, authId, request, status, sizeBytes }: AccessLogEntry,
  date: Date,
): string {
  const two = (value: number) => value.toString().padStart(2, "0");
  const seconds = Math.floor(date.getTime() / 1000);
  const clock = localClock(seconds);
  const minutes = Math.trunc(localOffsetSeconds(seconds) / 60);
  const zone = `${minutes < 0 ? "-" : "+"}${two(Math.floor(Math.abs(minutes) / 60))}${
    two(Math.abs(minutes) % 60)
  }`;
  const day = `${two(clock.getUTCDate())}/${
    two(clock.getUTCMonth() + 1)
  }/${clock.getUTCFullYear()}`;
  const time = [clock.getUTCHours(), clock.getUTCMinutes(), clock.getUTCSeconds()].map(two).join(
    ":",
  );
  const path = printable(request.target.split("?")[0]!);
  const agent = printable(request.headers.get("user-agent") ?? "-");
  const line = `${request.method} ${path} HTTP/${request.httpVersion}`;
  const who = authId === "" ? "-" : authId;
  return `${peer} - ${who} [${day}:${time} ${zone}] "${line}" ${status} ${sizeBytes} "${agent}"\n`;
}

/** A client's text without the characters that could forge lines. */
function printable(text: string): string {
  return text.slice(0, 1024).replaceAll(/[^\x20-\x7e]|["\\]/g, "?");
}

import { Buffer } from "node:buffer";
import { CorruptDataError } from "../errors/mod.ts";
import type { Duplex } from "../duplex/mod.ts";
import { Http1Client } from "../http1/mod.ts";
import type { HttpResponse, IncomingBody } from "../http/mod.ts";
import { readApiResult, requireSuccess } from "../rest/mod.ts";
import { type GuestEntry, readGuestEntries } from "./guest_entry.ts";
import type { GuestFormat } from "./guest_format.ts";

/** Port of vsock that guests listen on (spec: protocol.md §8.1). */
export const GUEST_PORT = 807;
/** Time to the head of an answer: disks may have to be looked through (spec: protocol.md §8.3). */
const HEAD_TIMEOUT_MS = 150_000;
/** Time for the next bytes of an answer. */
const BODY_TIMEOUT_MS = 120_000;

/** Whom a client talks to. */
export interface GuestClientOptions {
  /** Makes a connection. */
  readonly connect: () => Promise<Duplex>;
  /** Of the guest; without it only its status can be asked for. */
  readonly ticket: string | undefined;
}

/** The state of a guest (spec: protocol.md §8.3). */
export interface GuestStatus {
  /** Seconds since it was started. */
  readonly uptime: number;
  /** Seconds until it ends if nobody uses it. */
  readonly timeout: number;
}

/** Bytes of an extraction, as they arrive. */
export interface GuestContent extends AsyncDisposable {
  readonly body: IncomingBody;
}

/** The client of a guest that serves files in images (spec: protocol.md §8.4). */
export class GuestClient {
  readonly #options: GuestClientOptions;

  constructor(options: GuestClientOptions) {
    this.#options = options;
  }

  /**
   * The state of the guest.
   *
   * @param keepTimeout Whether its time goes on as before.
   * @throws {ConnectionError} if it cannot be reached, {CorruptDataError} if its answer is wrong.
   */
  async status(keepTimeout: boolean): Promise<GuestStatus> {
    const data = await this.#result("status", keepTimeout ? { "keep-timeout": "true" } : {});
    const { uptime, timeout } = (data ?? {}) as Record<string, unknown>;
    if (!Number.isSafeInteger(uptime) || !Number.isSafeInteger(timeout)) {
      throw new CorruptDataError("the guest's status is malformed");
    }
    return { uptime: uptime as number, timeout: timeout as number };
  }

  /**
   * The entries of a directory, or of what leads to one.
   *
   * @param path Bytes of the full path: `drive-scsi0.img.fidx/part/1/etc`.
   * @throws {ServerError} if the guest refuses it, with its text.
   */
  async list(path: Uint8Array): Promise<GuestEntry[]> {
    return readGuestEntries(await this.#result("list", { path: encodePath(path) }));
  }

  /**
   * Begins to extract something.
   *
   * @param format By its type if absent: files plain, directories as ZIP.
   * @throws {ServerError} if the guest refuses it, with its text.
   */
  async extract(
    path: Uint8Array,
    format: GuestFormat | undefined,
    zstd: boolean,
  ): Promise<GuestContent> {
    const { client, response } = await this.#request("extract", {
      path: encodePath(path),
      ...format === undefined ? {} : { format },
      ...zstd ? { zstd: "true" } : {},
    });
    try {
      const { body } = await requireSuccess(response);
      return { body, [Symbol.asyncDispose]: () => Promise.resolve(client.abort()) };
    } catch (error) {
      client.abort();
      throw error;
    }
  }

  /** Ends the guest. @throws {ServerError} if it refuses that. */
  async stop(): Promise<void> {
    await this.#result("stop", {});
  }

  async #result(call: string, parameters: Readonly<Record<string, string>>): Promise<unknown> {
    const { client, response } = await this.#request(call, parameters);
    try {
      return (await readApiResult(response)).data;
    } finally {
      client.abort();
    }
  }

  async #request(
    call: string,
    parameters: Readonly<Record<string, string>>,
  ): Promise<{ client: Http1Client; response: HttpResponse }> {
    const { connect, ticket } = this.#options;
    const client = new Http1Client(await connect(), {
      host: "localhost",
      headTimeoutMs: HEAD_TIMEOUT_MS,
      bodyTimeoutMs: BODY_TIMEOUT_MS,
    });
    try {
      const query = new URLSearchParams(parameters).toString();
      const response = await client.request({
        method: "GET",
        path: `/api2/json/${call}${query === "" ? "" : `?${query}`}`,
        headers: ticket === undefined ? [] : [["authorization", ticket]],
      });
      return { client, response };
    } catch (error) {
      client.abort();
      throw error;
    }
  }
}

function encodePath(path: Uint8Array): string {
  return Buffer.from(path.buffer, path.byteOffset, path.byteLength).toString("base64");
}

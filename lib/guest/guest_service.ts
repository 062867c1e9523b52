import { Buffer } from "node:buffer";
import { createHash, timingSafeEqual } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { describeError, NotFoundError, ServerError } from "../errors/mod.ts";
import type { IncomingRequest, OutgoingResponse } from "../http/mod.ts";
import {
  JSON_TYPE,
  type ParameterSchemas,
  type ParameterValues,
  parseRequestTarget,
  queryParameters,
  type Refusal,
  refusalFor,
  refusalResponse,
  verifyParameters,
} from "../server/mod.ts";
import { extractPlace } from "./_extract_place.ts";
import type { GuestEntry } from "./guest_entry.ts";
import { GUEST_FORMATS, type GuestFormat } from "./guest_format.ts";
import type { GuestImages } from "./guest_images.ts";
import { GuestPath } from "./guest_path.ts";
import { GuestWatchdog } from "./_guest_watchdog.ts";
import { listPlace } from "./_list_place.ts";

/** Path and query together; longer ones are refused (spec: protocol.md §3.2). */
const MAX_TARGET_LENGTH = 8192;
/** Extractions at the same time (spec: protocol.md §8.3). */
const MAX_EXTRACTIONS = 8;
/** Until a refused ticket is answered (spec: protocol.md §8.2). */
const UNAUTHORIZED_MS = 3000;
/** Entries whose JSON is sent together. */
const PIECE_ENTRIES = 500;
const ROOT = "/api2/json/";

/** Why a guest has ended. */
export type GuestEnd = "stopped" | "unused";

/** How a guest serves its images. */
export interface GuestServiceOptions {
  readonly images: GuestImages;
  /** The word that every request but `status` has to show; not empty. */
  readonly ticket: string;
  /** The guest ends when nobody has asked for anything for so long. */
  readonly timeoutMs: number;
  /** Until a refused ticket is answered; 3 s if absent. */
  readonly unauthorizedMs?: number;
  /** Hears, for the guest's own log, of what is left out, lost or refused. */
  readonly log: (message: string) => void;
}

/** One call of the API. */
interface GuestCall {
  readonly parameters: ParameterSchemas;
  answer(values: ParameterValues, request: IncomingRequest): Promise<OutgoingResponse>;
}

const PATH = { kind: "string", pattern: /^[A-Za-z0-9+/]*={0,2}$/ } as const;

/** Answers the requests of the API for files in images (spec: protocol.md §8). */
export class GuestService implements Disposable {
  readonly #options: GuestServiceOptions;
  readonly #ticket: Buffer;
  readonly #watchdog: GuestWatchdog;
  readonly #ended = Promise.withResolvers<GuestEnd>();
  /** Lists are made one after the other. */
  #lastList: Promise<unknown> = Promise.resolve();
  #extractions = 0;
  readonly #calls: Readonly<Record<string, GuestCall>> = {
    status: {
      parameters: { "keep-timeout": { kind: "boolean", optional: true } },
      answer: (values, request) => this.#status(values, request),
    },
    list: { parameters: { path: PATH }, answer: (values) => this.#list(values) },
    extract: {
      parameters: {
        path: PATH,
        format: { kind: "string", values: GUEST_FORMATS, optional: true },
        zstd: { kind: "boolean", optional: true },
        pxar: { kind: "boolean", optional: true },
      },
      answer: (values) => this.#extract(values),
    },
    stop: { parameters: {}, answer: () => this.#stop() },
  };

  constructor(options: GuestServiceOptions) {
    this.#options = options;
    this.#ticket = digest(options.ticket);
    this.#watchdog = new GuestWatchdog(
      options.timeoutMs,
      () => this.#ended.resolve("unused"),
    );
  }

  /** Resolves when the guest has to end. */
  get ended(): Promise<GuestEnd> {
    return this.#ended.promise;
  }

  /** Answers one request; never throws. */
  async answer(request: IncomingRequest): Promise<OutgoingResponse> {
    try {
      return await this.#answer(request);
    } catch (error) {
      const { status, text } = refusalOf(error);
      this.#options.log(`${request.method} ${request.target.slice(0, 200)}: ${status} ${text}`);
      if (status === 401) {
        const { unauthorizedMs = UNAUTHORIZED_MS } = this.#options;
        await delay(unauthorizedMs);
      }
      return refusalResponse(status, text, JSON_TYPE);
    }
  }

  /** Ends nothing any more. */
  [Symbol.dispose](): void {
    this.#watchdog[Symbol.dispose]();
  }

  async #answer(request: IncomingRequest): Promise<OutgoingResponse> {
    if (request.target.length > MAX_TARGET_LENGTH) throw new ServerError(414, "URI too long");
    const { path, query } = parseRequestTarget(request.target);
    const name = path.startsWith(ROOT) ? path.slice(ROOT.length) : "";
    const call = request.method === "GET" && Object.hasOwn(this.#calls, name)
      ? this.#calls[name]
      : undefined;
    if (name !== "status" || call === undefined) {
      if (!this.#isKnown(request)) throw new ServerError(401, "authentication failed");
    }
    if (call === undefined) throw new ServerError(404, `Path '${path}' not found.`);
    return await call.answer(
      verifyParameters(call.parameters, queryParameters(query), new Map()),
      request,
    );
  }

  #isKnown({ headers }: IncomingRequest): boolean {
    const [given, ...more] = headers.getAll("authorization");
    return given !== undefined && more.length === 0 &&
      timingSafeEqual(digest(given), this.#ticket);
  }

  async #status(values: ParameterValues, request: IncomingRequest): Promise<OutgoingResponse> {
    if (!values.boolean("keep-timeout") && this.#isKnown(request)) this.#watchdog.reset();
    const uptime = await Deno.readTextFile("/proc/uptime");
    return jsonResponse({
      uptime: Math.floor(Number(uptime.split(" ")[0])),
      timeout: Math.floor(this.#watchdog.leftMs / 1000),
    });
  }

  async #list(values: ParameterValues): Promise<OutgoingResponse> {
    const release = this.#watchdog.hold();
    const listed = this.#lastList.then(() => this.#entriesOf(pathOf(values)));
    this.#lastList = listed.catch(() => {});
    try {
      return {
        status: 200,
        headers: [["content-type", JSON_TYPE]],
        body: envelope(await listed),
      };
    } finally {
      release();
    }
  }

  async #entriesOf(path: GuestPath): Promise<readonly GuestEntry[]> {
    const resolved = await this.#options.images.resolve(path);
    return resolved.kind === "choice"
      ? resolved.entries
      : await listPlace(resolved.place, this.#options.log);
  }

  async #extract(values: ParameterValues): Promise<OutgoingResponse> {
    const { images, log } = this.#options;
    if (values.has("format") && values.has("pxar")) {
      throw new ServerError(400, "'pxar' is deprecated and cannot be given together with 'format'");
    }
    const format = values.boolean("pxar") ? "pxar" : values.optionalText("format");
    if (this.#extractions >= MAX_EXTRACTIONS) {
      throw new ServerError(400, `only ${MAX_EXTRACTIONS} extractions are possible at a time`);
    }
    this.#extractions++;
    const release = this.#watchdog.hold();
    const done = () => {
      this.#extractions--;
      release();
    };
    try {
      const path = pathOf(values);
      const resolved = await images.resolve(path);
      if (resolved.kind === "choice") {
        throw new ServerError(400, `${path.shown} is no place in a file system: list it`);
      }
      const extracted = await extractPlace(resolved.place, {
        format: format as GuestFormat | undefined,
        zstd: values.boolean("zstd"),
        log,
      });
      return {
        status: 200,
        headers: [["content-type", "application/octet-stream"]],
        body: reported(extracted.content, log),
        released: () => {
          extracted[Symbol.asyncDispose]().then(done, done);
        },
      };
    } catch (error) {
      done();
      throw error;
    }
  }

  #stop(): Promise<OutgoingResponse> {
    this.#ended.resolve("stopped");
    return Promise.resolve(jsonResponse(null));
  }
}

/** Without the words that tell backup clients of what is missing. */
function refusalOf(error: unknown): Refusal {
  if (!(error instanceof NotFoundError)) return refusalFor(error);
  return { status: 400, text: describeError(error).join(": ") };
}

/** Equally long for all texts, so that they can be compared in constant time. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text, "utf8").digest();
}

function pathOf(values: ParameterValues): GuestPath {
  return GuestPath.parse(new Uint8Array(Buffer.from(values.text("path"), "base64")));
}

function jsonResponse(data: unknown): OutgoingResponse {
  const body = new TextEncoder().encode(JSON.stringify({ data }));
  return { status: 200, headers: [["content-type", JSON_TYPE]], body };
}

/** The envelope around a list of any length, in pieces. */
async function* envelope(entries: readonly GuestEntry[]): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  for (let at = 0; at === 0 || at < entries.length; at += PIECE_ENTRIES) {
    const texts = entries.slice(at, at + PIECE_ENTRIES).map((entry) => JSON.stringify(entry));
    const front = at === 0 ? '{"data":[' : ",";
    yield encoder.encode(front + texts.join(","));
  }
  yield encoder.encode("]}");
}

/** A stream whose failure is also told where somebody may read it: the client sees that it broke. */
async function* reported(
  content: AsyncIterable<Uint8Array>,
  log: (message: string) => void,
): AsyncGenerator<Uint8Array> {
  try {
    yield* content;
  } catch (error) {
    log(`the extraction failed: ${refusalOf(error).text}`);
    throw error;
  }
}

import { decodeHex } from "../../lib/bytes/mod.ts";

/** A body of a record: whole as text or hex, or only its length and hash. */
interface RecordedBody {
  readonly length: number;
  readonly text?: string;
  readonly hex?: string;
  readonly sha256?: string;
}

interface RecordedMessage {
  readonly start?: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: RecordedBody;
}

interface RecordedPair {
  readonly request: RecordedMessage;
  readonly response: RecordedMessage;
}

interface RecordedFile {
  readonly command: readonly string[];
  readonly exit_code: number;
  readonly stderr: string;
  readonly connections: readonly {
    readonly http1: readonly RecordedPair[];
    readonly http2?: { readonly exchanges: readonly RecordedPair[] };
  }[];
}

/** A request of the official client and the official server's answer. */
export interface RecordedExchange {
  readonly connection: number;
  readonly protocol: "rest" | "backup" | "reader";
  readonly method: string;
  /** Without `/api2/json` and query, empty components left out. */
  readonly path: string;
  /** Of query or JSON body. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly bodyLength: number;
  /** Absent if the record has only its length. */
  readonly body?: Uint8Array;
  readonly status: number;
  readonly answer: Uint8Array;
}

/** One command of the official client against the official server. */
export interface Recording {
  readonly name: string;
  readonly command: readonly string[];
  readonly exitCode: number;
  readonly stderr: string;
  readonly exchanges: readonly RecordedExchange[];
}

const FOLDER = new URL("../vectors/exchanges/", import.meta.url);

/** All recordings, in the order of their numbers. */
export function readRecordings(): Recording[] {
  const names = [...Deno.readDirSync(FOLDER)].map(({ name }) => name).sort();
  return names.map((name) => {
    const file = JSON.parse(Deno.readTextFileSync(new URL(name, FOLDER))) as RecordedFile;
    return {
      name: name.replace(".json", ""),
      command: file.command,
      exitCode: file.exit_code,
      stderr: file.stderr,
      exchanges: file.connections.flatMap(({ http1, http2 }, index) => {
        const rest = http1.map((pair) => toExchange(index + 1, "rest", pair));
        const protocol = rest.at(-1)?.headers["upgrade"]?.includes("reader") ? "reader" : "backup";
        const streams = http2?.exchanges ?? [];
        return [...rest, ...streams.map((pair) => toExchange(index + 1, protocol, pair))];
      }),
    };
  });
}

function toExchange(
  connection: number,
  protocol: RecordedExchange["protocol"],
  { request, response }: RecordedPair,
): RecordedExchange {
  const headers = Object.fromEntries(request.headers);
  const [method = "", target = ""] = request.start?.split(" ") ??
    [headers[":method"], headers[":path"]];
  const [path = "", query = ""] = target.split("?");
  const components = path.split("/").filter((part) => part !== "");
  const isJson = headers["content-type"] === "application/json" && request.body.length > 0;
  const body = bytesOf(request.body);
  return {
    connection,
    protocol,
    method,
    path: decodeURIComponent(`/${components.join("/")}`.replace(/^\/api2\/json/, "")),
    parameters: isJson
      ? JSON.parse(request.body.text!)
      : Object.fromEntries(new URLSearchParams(query)),
    headers,
    bodyLength: request.body.length,
    ...(body === undefined ? {} : { body }),
    status: Number(
      response.start?.split(" ")[1] ?? Object.fromEntries(response.headers)[":status"],
    ),
    answer: bytesOf(response.body) ?? new Uint8Array(response.body.length),
  };
}

function bytesOf({ length, text, hex }: RecordedBody): Uint8Array | undefined {
  if (hex !== undefined) return decodeHex(hex);
  if (text !== undefined) return new TextEncoder().encode(text);
  return length === 0 ? new Uint8Array() : undefined;
}

import { concatBytes } from "../../lib/bytes/mod.ts";
import { readApiResult } from "../../lib/rest/api_response.ts";
import { type FrameHandler, FrameReader } from "../../lib/http2/frame_reader.ts";
import * as frames from "../../lib/http2/frame_writer.ts";
import { HeaderFields } from "../../lib/http/header_fields.ts";
import { HpackDecoder } from "../../lib/http2/hpack_decoder.ts";
import { HpackEncoder } from "../../lib/http2/hpack_encoder.ts";
import { huffmanDecode } from "../../lib/http2/huffman.ts";
import { Http2Server } from "../../lib/http2/http2_server.ts";
import { Http1Body } from "../../lib/http1/_http1_body.ts";
import { parseFields, parseRequestLine, parseStatusLine } from "../../lib/http1/_http1_head.ts";
import { Http1Reader } from "../../lib/http1/_http1_reader.ts";
import { parseRequestHead, parseResponseHead } from "../../lib/http2/_header_rules.ts";
import { EmptyBody } from "../../lib/http/incoming_body.ts";
import { memoryDuplexPair } from "../../lib/duplex/memory_duplex.ts";
import { parseProxy } from "../../lib/tls/proxy.ts";
import { readCredentials } from "../../lib/server/access/credentials.ts";
import { readBody } from "../../lib/server/api/read_body.ts";
import { parseJsonObject, readParameters } from "../../lib/server/api/read_parameters.ts";
import { decodeComponent, parseRequestTarget } from "../../lib/server/api/request_target.ts";
import { parseByteRange } from "../../lib/page/_byte_range.ts";
import { parseEntryPath } from "../../lib/page/_entry_path.ts";
import { parsePageTarget } from "../../lib/page/_page_target.ts";
import { byteCases, bytesOf, type ParserCases, textCases, type WorkCase } from "./work_case.ts";

const LIMIT_BYTES = 1 << 24;

/** A connection that hands bytes out in pieces of a size. */
function duplexOf(bytes: Uint8Array, pieceBytes: number) {
  let at = 0;
  return {
    peer: "a peer",
    read: () => {
      const piece = bytes.subarray(at, at += pieceBytes);
      return Promise.resolve(piece.byteLength === 0 ? undefined : piece);
    },
    write: () => Promise.resolve(),
    close: () => Promise.resolve(),
    abort: () => {},
  };
}

/** The body of an HTTP/1.1 message. */
function bodyOf(bytes: Uint8Array, pieceBytes: number, kind: "length" | "chunked" = "length") {
  return new Http1Body(
    new Http1Reader(duplexOf(bytes, pieceBytes)),
    kind === "length" ? { kind, lengthBytes: bytes.byteLength } : { kind },
    { complete: () => {}, broken: () => {}, patience: (coming) => coming },
  );
}

const NO_FRAMES: FrameHandler = {
  frame: () => {},
  unknownFrame: () => {},
  dataStart: () => {},
  data: () => {},
  dataEnd: () => {},
};

/** Streams of frames, without the preface. */
const FRAMES: Readonly<Record<string, Uint8Array>> = {
  pings: frames.pingFrame(new Uint8Array(8), false),
  settings: frames.settingsFrame([]),
  "window updates": frames.windowUpdateFrame(0, 1),
  resets: frames.rstStreamFrame(1, 8),
  "frames of another kind": Uint8Array.of(0, 0, 0, 0x77, 0, 0, 0, 0, 0),
  "empty continuations": Uint8Array.of(0, 0, 0, 9, 0, 0, 0, 0, 1),
  "empty data": Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 1),
  "padding": Uint8Array.of(0, 0, 2, 0, 8, 0, 0, 0, 1, 1, 0),
  "noise": Uint8Array.of(1),
};

function repeated(piece: Uint8Array, n: number): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(n / piece.byteLength) * piece.byteLength);
  for (let at = 0; at < bytes.byteLength; at += piece.byteLength) bytes.set(piece, at);
  return bytes;
}

const frameCases = (
  run: (bytes: Uint8Array) => unknown,
): Readonly<Record<string, WorkCase>> =>
  Object.fromEntries(
    Object.entries(FRAMES).map(([name, frame]) => [name, (n: number) => {
      const bytes = repeated(frame, n);
      return () => run(bytes);
    }]),
  );

/** A whole connection, as a client that keeps to no rule would fill it. */
async function serve(bytes: Uint8Array): Promise<void> {
  const [ours, theirs] = memoryDuplexPair();
  const server = new Http2Server(ours, () => ({ status: 200 }));
  const drained = (async () => {
    while (await theirs.read() !== undefined) void 0;
  })().catch(() => {});
  await theirs.write(
    concatBytes([bytesOf("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), frames.settingsFrame([]), bytes]),
  ).catch(() => {});
  await theirs.close().catch(() => {});
  await server.closed.catch(() => {});
  await drained;
}

const request = new HpackEncoder().encode([
  [":method", "GET"],
  [":scheme", "https"],
  [":path", "/"],
  [":authority", "a"],
]);

const BLOCKS: Readonly<Record<string, (n: number) => Uint8Array>> = {
  "indexed references": (n) => new Uint8Array(n).fill(0x82),
  "references to one large entry": (n) => {
    const [entry = new Uint8Array(0)] = [
      new HpackEncoder({ huffman: false }).encode([["x", "y".repeat(3000)]]),
    ];
    return concatBytes([entry, new Uint8Array(n).fill(0xbe)]);
  },
  "new entries": (n) => repeated(Uint8Array.of(0x40, 1, 0x78, 1, 0x79), n),
  "entries not kept": (n) => repeated(Uint8Array.of(0, 1, 0x78, 1, 0x79), n),
  "empty names": (n) => repeated(Uint8Array.of(0x40, 0, 0), n),
  "table sizes": (n) => new Uint8Array(n).fill(0x20),
  "one long number": (n) => new Uint8Array(n).fill(0xff),
  "one long value": (n) => new HpackEncoder({ huffman: false }).encode([["x", "y".repeat(n)]]),
  "one long value in Huffman code": (n) => new HpackEncoder().encode([["x", "0".repeat(n)]]),
};

const hpackCases: Readonly<Record<string, WorkCase>> = Object.fromEntries(
  Object.entries(BLOCKS).map(([name, make]) => [name, (n: number) => {
    const block = make(n);
    return () =>
      new HpackDecoder({ listLimitBytes: 65536, hopelessListBytes: LIMIT_BYTES }).decode(block);
  }]),
);

const fieldCases = (
  run: (fields: [string, string][]) => unknown,
): Readonly<Record<string, WorkCase>> => {
  const shapes: Record<string, (n: number) => [string, string][]> = {
    "many fields": (n) => Array.from({ length: n / 8 }, () => ["x", "y"]),
    "many pseudo fields": (n) => Array.from({ length: n / 8 }, () => [":path", "/"]),
    "one long name": (n) => [["x".repeat(n), "y"]],
    "one long value": (n) => [["x", "y ".repeat(n / 2)]],
    "many lengths": (n) => Array.from({ length: n / 8 }, () => ["content-length", "1"]),
  };
  const start: [string, string][] = [[":method", "GET"], [":path", "/"], [":scheme", "https"]];
  return Object.fromEntries(
    Object.entries(shapes).map(([name, make]) => [name, (n: number) => {
      const fields = [...start, ...make(n)];
      return () => run(fields);
    }]),
  );
};

const answerCases: Readonly<Record<string, WorkCase>> = Object.fromEntries(
  ["[", '{"data":[[]],', '{"data":1}', "[1,", '"\\u0041'].map((piece): [string, WorkCase] => [
    piece,
    (n) => {
      const bytes = repeated(bytesOf(piece), n);
      return () =>
        readApiResult({ status: 200, headers: new HeaderFields(), body: bodyOf(bytes, 4096) });
    },
  ]),
);

function requestOf(contentType: string, bytes: Uint8Array, pieceBytes: number) {
  return {
    httpVersion: "1.1",
    method: "POST",
    target: "/",
    headers: new HeaderFields([["content-type", contentType]]),
    body: bytes.byteLength === 0 ? new EmptyBody() : bodyOf(bytes, pieceBytes),
    signal: new AbortController().signal,
  } as const;
}

const headCases: Record<string, WorkCase> = {};
for (const piece of ["a: b\r\n", "\r\n", "\n", " ", "x", ": "]) {
  for (const pieceBytes of [1, 4096]) {
    headCases[`${JSON.stringify(piece)} by ${pieceBytes} bytes`] = (n) => {
      const bytes = concatBytes([
        bytesOf("GET / HTTP/1.1\r\n"),
        repeated(bytesOf(piece), n),
        bytesOf("\r\n\r\n"),
      ]);
      return async () => {
        const lines = await new Http1Reader(duplexOf(bytes, pieceBytes)).head(LIMIT_BYTES);
        parseFields(lines!.slice(1));
      };
    };
  }
}

/** Parsers of what comes over a connection. */
export const HTTP_PARSERS: ParserCases = {
  "lib/http2/_frame_receiver.ts FrameReceiver": {
    ...frameCases(serve),
    ...frameCases((bytes) =>
      serve(concatBytes([frames.headerFrames(1, request, false, 16384), bytes]))
    ),
    "requests": (n) => {
      const parts = Array.from(
        { length: n / 32 },
        (_, i) => frames.headerFrames(2 * i + 1, request, true, 16384),
      );
      const bytes = concatBytes(parts);
      return () => serve(bytes);
    },
  },
  "lib/http2/_header_rules.ts parseRequestHead": fieldCases(parseRequestHead),
  "lib/http2/_header_rules.ts parseResponseHead": fieldCases((fields) =>
    parseResponseHead([[":status", "200"], ...fields.slice(3)])
  ),
  "lib/http1/_http1_head.ts parseFields": {
    ...textCases((line) => parseFields([line]), ["a:", " ", "x"], ["a: x", " ", "x"], [
      "a",
      " ",
      ":",
    ]),
    "many lines": (n) => {
      const lines = Array.from({ length: n / 4 }, () => "a: b");
      return () => parseFields(lines);
    },
    "folded lines": (n) => {
      const lines = ["a: b", ...Array.from({ length: n / 4 }, () => " b")];
      return () => parseFields(lines);
    },
  },
  "lib/http1/_http1_head.ts parseRequestLine": textCases(
    parseRequestLine,
    ["GET /", "a", " HTTP/1.1"],
    ["GET", " ", "/ HTTP/1.1"],
    ["", "GET ", "HTTP/1.1"],
  ),
  "lib/http1/_http1_head.ts parseStatusLine": textCases(
    parseStatusLine,
    ["HTTP/1.1 200 ", "O", ""],
    ["HTTP/1.1", " ", "200"],
  ),
  "lib/http1/_http1_reader.ts Http1Reader": {
    ...headCases,
    "chunks of a byte": (n) => {
      const bytes = concatBytes([repeated(bytesOf("1\r\nx\r\n"), n), bytesOf("0\r\n\r\n")]);
      return () => bodyOf(bytes, 4096, "chunked").bytes(LIMIT_BYTES);
    },
    "a chunk with a long extension": (n) => {
      const bytes = bytesOf(`1;${"x".repeat(n)}\r\nx\r\n0\r\n\r\n`);
      return () => bodyOf(bytes, 4096, "chunked").bytes(LIMIT_BYTES);
    },
    "trailers": (n) => {
      const bytes = concatBytes([bytesOf("0\r\n"), repeated(bytesOf("a: b\r\n"), n)]);
      return () => bodyOf(bytes, 4096, "chunked").bytes(LIMIT_BYTES);
    },
  },
  "lib/rest/api_response.ts readApiResult": answerCases,
  "lib/http2/frame_reader.ts FrameReader": {
    ...frameCases((bytes) => new FrameReader(NO_FRAMES).feed(bytes)),
    "a frame byte by byte": (n) => {
      const bytes = new Uint8Array(9 + Math.min(n, 65536));
      frames.writeFrameHeader(bytes, 0, {
        length: bytes.byteLength - 9,
        type: 1,
        flags: 0,
        streamId: 1,
      });
      return () => {
        const reader = new FrameReader(NO_FRAMES, 65536);
        for (let i = 0; i < bytes.byteLength; i++) reader.feed(bytes.subarray(i, i + 1));
      };
    },
  },
  "lib/http2/hpack_decoder.ts HpackDecoder": hpackCases,
  "lib/http2/huffman.ts huffmanDecode": byteCases(huffmanDecode, ["", "\x7f", ""]),
  "lib/tls/proxy.ts parseProxy": textCases(parseProxy, ["http://", "a:", "@b:1"], [
    "http://[",
    ":",
    "]:1",
  ]),
  "lib/server/access/credentials.ts readCredentials": {
    ...textCases(
      (value) => readCredentials(new HeaderFields([["authorization", value]])),
      ["PBSAPIToken=", "a@a!", ""],
      ["PBSAPIToken=a@b!c:", "d", ""],
      ["PBSAPIToken", " ", "=a"],
    ),
    ...Object.fromEntries(
      Object.entries(textCases(
        (value) => readCredentials(new HeaderFields([["cookie", value]])),
        ["", "a=b; ", "PBSAuthCookie=PBS:a@b"],
        ["PBSAuthCookie=", "%25", ""],
        ["", "; ", ""],
        ["", "=", ""],
      )).map(([name, run]) => [`cookie ${name}`, run]),
    ),
    "many fields": (n) => {
      const list = Array.from({ length: n / 8 }, () => ["cookie", "a=b"] as const);
      return () => readCredentials(new HeaderFields(list));
    },
  },
  "lib/server/api/read_body.ts readBody": Object.fromEntries(
    [1, 100, 65536].map((pieceBytes): [string, WorkCase] => [`pieces of ${pieceBytes}`, (n) => {
      const bytes = new Uint8Array(n);
      return () => readBody(bodyOf(bytes, pieceBytes), LIMIT_BYTES, new Error("too large"));
    }]),
  ),
  "lib/server/api/read_parameters.ts parseJsonObject": textCases(
    parseJsonObject,
    ["", "[", ""],
    ["", '{"a":', ""],
    ['{"a":', "9", "}"],
    ['{"a":1', ',"a":1', "}"],
    ['{"a":[', "1.5,", "1]}"],
    ['{"a":"', "\\u0041", '"}'],
  ),
  "lib/server/api/read_parameters.ts readParameters": {
    ...Object.fromEntries(
      ["a=b&", "&", "%41", "+", "a%", "[", '{"a":'].flatMap((piece): [string, WorkCase][] =>
        ["application/json", "application/x-www-form-urlencoded"].map((type) => [
          `${piece} as ${type}`,
          (n) => {
            // Bodies are limited to 64 KiB.
            const bytes = repeated(bytesOf(piece), Math.min(n, 60_000));
            const query = piece.repeat(Math.ceil(n / piece.length));
            return () => readParameters(requestOf(type, bytes, 4096), query, undefined);
          },
        ])
      ),
    ),
  },
  "lib/server/api/request_target.ts parseRequestTarget": textCases(
    parseRequestTarget,
    ["http://", "a", "/"],
    ["/", "./", ""],
    ["", "?", ""],
    ["/", "%2f", ""],
  ),
  "lib/page/_byte_range.ts parseByteRange": textCases(
    (text) => parseByteRange(text, 1000),
    ["bytes=", "0", "-"],
    ["bytes=0-", "9", ""],
    ["bytes=0-1", ",2-3", ""],
  ),
  "lib/page/_entry_path.ts parseEntryPath": textCases(
    parseEntryPath,
    ["", "YQ/", "YQ"],
    ["", "YWJj", ""],
    ["YQ", "/YQ", ""],
    ["", "Li4/", ""],
  ),
  "lib/page/_page_target.ts parsePageTarget": textCases(
    (target) => parsePageTarget({ target } as Parameters<typeof parsePageTarget>[0]),
    ["/page/", "a", "?x=1"],
    ["/?", "?", ""],
    ["/", "%2f", ""],
  ),
  "lib/server/api/request_target.ts decodeComponent": textCases(decodeComponent, ["", "%41", ""], [
    "",
    "%",
    "",
  ]),
};

import { decodeBlob, encodeBlob } from "../../../lib/blob/mod.ts";
import { concatBytes, decodeHex, encodeHex } from "../../../lib/bytes/mod.ts";
import { sha256 } from "../../../lib/crypto/mod.ts";
import { compressZstdBytes } from "./zstd_bytes.ts";
import type { Probe } from "./probe.ts";
import { PASSWORD } from "./probe_accounts.ts";
import { manifestBlob } from "./probe_world.ts";
import { fillSecrets, type Stage } from "./probe_walker.ts";

const MEBIBYTE = 1 << 20;
const ABC = encodeHex(sha256(new TextEncoder().encode("abc")));

/** What a probe sends. */
export interface ProbeBody {
  readonly query: string;
  readonly body: Uint8Array;
}

/**
 * The body of a probe: the recorded one, or one of the same meaning where only its length and hash
 * were recorded; the query then announces that one.
 */
export async function probeBody(probe: Probe, stage: Stage): Promise<ProbeBody> {
  const { body } = probe.request;
  const query = QUERIES[probe.name] ?? probe.request.query;
  const made = await BODIES[probe.name]?.(body.length);
  if (made !== undefined) return asProbeBody(made, query, body.length);
  if (typeof body === "string") {
    return { query, body: new TextEncoder().encode(fillSecrets(probe, stage, body)) };
  }
  if (body.hex !== undefined) return { query, body: decodeHex(body.hex) };
  throw new Error(`no body for ${probe.name}`);
}

function asProbeBody(made: Uint8Array | ProbeBody, query: string, length: number): ProbeBody {
  if (!(made instanceof Uint8Array)) return made;
  const announced = query.replace(`encoded-size=${length}`, `encoded-size=${made.length}`);
  return { query: announced, body: made };
}

type Maker = (length: number) => Promise<Uint8Array | ProbeBody> | Uint8Array | ProbeBody;

const text = (value: string) => new TextEncoder().encode(value);
const json = (length: number) => text(`{"name":"`.padEnd(length - 2, "a") + `"}`);
const form = (length: number) => text("name=".padEnd(length, "a"));
const list = (count: number, wid: number) =>
  JSON.stringify({
    "wid": wid,
    "digest-list": Array(count).fill(ABC),
    "offset-list": Array.from({ length: count }, (_, i) => 3 * i),
  });

async function plainChunk(plain: Uint8Array, announcedSize = plain.length): Promise<ProbeBody> {
  const blob = await encodeBlob(plain, { compress: false });
  return {
    query: `wid=1&digest=${
      encodeHex(sha256(plain))
    }&size=${announcedSize}&encoded-size=${blob.length}`,
    body: blob,
  };
}

/** A log blob of some length. */
const log = (length: number) => encodeBlob(noise(length - 12), { compress: false });

/** Bytes that do not compress. */
function noise(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i += 65536) crypto.getRandomValues(bytes.subarray(i, i + 65536));
  return bytes;
}

/** The blob whose other encoding was recorded as `backup/chunk-compressed-second`. */
async function uncompressedFirst(): Promise<Uint8Array> {
  const { loadProbes } = await import("./probe.ts");
  const other = loadProbes().find(({ name }) => name === "backup/chunk-compressed-second")!;
  const { hex = "" } = other.request.body as { hex?: string };
  const plain = await decodeBlob(decodeHex(hex), { maxSizeBytes: MEBIBYTE });
  return await encodeBlob(plain, { compress: false });
}

/** Queries that the recording left out. */
const QUERIES: Readonly<Record<string, string>> = {
  "upgrade/backup/http10":
    "store=audit-proto&backup-type=host&backup-id=old&backup-time=1700000000",
};

const BODIES: Readonly<Record<string, Maker>> = {
  "ticket/double-slash": () => text(`username=test%40pbs&password=${encodeURIComponent(PASSWORD)}`),
  "transport/json-body-524287": json,
  "transport/json-body-524288": json,
  "transport/json-body-524289": json,
  "transport/form-body-524287": form,
  "transport/form-body-524288": form,
  "transport/form-body-524289": form,
  "backup/chunk-uncompressed-first": uncompressedFirst,
  "backup/speedtest-after": (length) => new Uint8Array(length),
  "full-backup/manifest": () => manifestBlob("host/prev", 1700000000, []),
  "many/append-body-524287": (length) => text(list(1, 255).padEnd(length)),
  "many/append-body-524288": (length) => text(list(1, 254).padEnd(length)),
  "many/append-6000-entries": () => text(list(6000, 253)),
  "big/chunk-16MiB-plain": () => plainChunk(noise(16 * MEBIBYTE)),
  "big/chunk-16MiB+1": () => plainChunk(noise(16 * MEBIBYTE + 1)),
  "big/chunk-zip-bomb": () => {
    const plain = new Uint8Array(64 * MEBIBYTE);
    const body = concatBytes([
      decodeHex("31b958426fb6a37f00000000"),
      compressZstdBytes(plain),
    ]);
    const digest = encodeHex(sha256(plain));
    return { query: `wid=1&digest=${digest}&size=16777216&encoded-size=${body.length}`, body };
  },
  "big/blob-max": (length) => encodeBlob(noise(length - 12), { compress: false }),
  "big/speedtest": (length) => new Uint8Array(length),
  "benchmark/speedtest": (length) => new Uint8Array(length),
  "rest/notes-long-json": () =>
    text(JSON.stringify({
      "backup-type": "host",
      "backup-id": "gr",
      "backup-time": 1700000000,
      "notes": "z".repeat(6000),
    })),
  "rest/log-20MiB": log,
  "rest/log-20MiB-refused": log,
};

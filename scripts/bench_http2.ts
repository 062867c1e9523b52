// deno-lint-ignore-file no-console
// How fast bodies of 4 MiB go over the loopback device: node:tls alone, and our HTTP/2 on top of it,
// in the same run. Server and client are two processes.
//
//   deno run -A scripts/bench_http2.ts [megabytes per measurement] [rounds]

import { once } from "node:events";
import tls from "node:tls";
import { connectTls, createSelfSignedCertificate, TlsListener } from "../lib/tls/mod.ts";
import type { Duplex } from "../lib/duplex/mod.ts";
import { Http2Client, Http2Server } from "../lib/http2/mod.ts";

const BODY_BYTES = 4 * 1024 * 1024;

if (Deno.args[0] === "server") await serve();
else await measure(Number(Deno.args[0] ?? 1024) * 1e6, Number(Deno.args[1] ?? 3));

function randomBytes(): Uint8Array {
  const bytes = new Uint8Array(BODY_BYTES);
  for (let at = 0; at < BODY_BYTES; at += 65536) {
    crypto.getRandomValues(bytes.subarray(at, at + 65536));
  }
  return bytes;
}

/** Three listeners: swallows bytes, gives bytes, HTTP/2. Prints ports and fingerprint. */
async function serve(): Promise<void> {
  const made = await createSelfSignedCertificate({ names: ["localhost"] });
  const listen = (accept: (duplex: Duplex) => void) =>
    TlsListener.listen({ port: 0, ...made }, ({ duplex }) => accept(duplex));
  const body = randomBytes();
  const swallow = await listen(async (duplex) => {
    const left = await size(duplex);
    let bytes: Uint8Array | undefined = left.rest;
    for (; bytes !== undefined; bytes = await duplex.read()) {
      left.bytes -= bytes.length;
      if (left.bytes <= 0) break;
    }
    await duplex.write(Uint8Array.of(1));
  });
  const give = await listen(async (duplex) => {
    let last: Promise<void> = Promise.resolve();
    for (let left = (await size(duplex)).bytes; left > 0; left -= body.length) {
      for (let at = 0; at < body.length; at += 1024 * 1024) {
        const written = duplex.write(body.subarray(at, at + 1024 * 1024));
        await last;
        last = written;
      }
    }
  });
  const http2 = await listen((duplex) => {
    const memory: Uint8Array[] = [];
    new Http2Server(duplex, async (request) => {
      if (request.method === "GET") return { status: 200, body };
      if (request.target === "/discard") await request.body.discard();
      else {
        const target = memory.pop() ?? new Uint8Array(BODY_BYTES);
        await request.body.readInto(() => target, BODY_BYTES);
        memory.push(target);
      }
      return { status: 200 };
    });
  });
  console.log(JSON.stringify({
    swallow: swallow.port,
    give: give.port,
    http2: http2.port,
    fingerprint: made.fingerprint,
  }));
}

/** The number a client sends first, and what came along behind it. */
async function size(duplex: Duplex): Promise<{ bytes: number; rest: Uint8Array }> {
  const first = await duplex.read();
  const bytes = new DataView(first!.buffer, first!.byteOffset).getFloat64(0);
  return { bytes, rest: first!.subarray(8) };
}

function request(bytes: number): Uint8Array {
  const frame = new Uint8Array(8);
  new DataView(frame.buffer).setFloat64(0, bytes);
  return frame;
}

async function measure(bytes: number, rounds: number): Promise<void> {
  const server = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", import.meta.filename!, "server"],
    stdout: "piped",
  }).spawn();
  const lines = server.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { swallow, give, http2, fingerprint } = JSON.parse((await lines.read()).value!);
  const connect = async (port: number) =>
    (await connectTls({ host: "localhost", port, fingerprint })).duplex;
  const body = randomBytes();
  const count = Math.ceil(bytes / BODY_BYTES);
  const total = count * BODY_BYTES;

  const jobs: Record<string, () => Promise<void>> = {
    "raw upload": async () => {
      const socket = tls.connect({ host: "localhost", port: swallow, rejectUnauthorized: false });
      await once(socket, "secureConnect");
      socket.write(request(total));
      for (let i = 0; i < count; i++) {
        for (let at = 0; at < BODY_BYTES; at += 1024 * 1024) {
          if (!socket.write(body.subarray(at, at + 1024 * 1024))) await once(socket, "drain");
        }
      }
      await once(socket, "data");
      socket.destroy();
    },
    "raw download": async () => {
      const duplex = await connect(give);
      await duplex.write(request(total));
      for (let left = total; left > 0;) left -= (await duplex.read())!.length;
      duplex.abort();
    },
  };
  for (const streams of [1, 8, 32]) {
    const parallel = async (one: (client: Http2Client) => Promise<void>) => {
      const client = new Http2Client(await connect(http2));
      let left = count;
      await Promise.all(Array.from({ length: streams }, async () => {
        while (left-- > 0) await one(client);
      }));
      await client.close();
    };
    const upload = (path: string) => async (client: Http2Client) => {
      const response = await client.request({ method: "POST", path, body });
      await response.body.discard();
    };
    jobs[`http2 upload, ${streams} streams`] = () => parallel(upload("/discard"));
    jobs[`http2 upload, ${streams} streams, stored`] = () => parallel(upload("/store"));
    jobs[`http2 download, ${streams} streams`] = () => {
      const memory: Uint8Array[] = [];
      return parallel(async (client) => {
        const response = await client.request({ method: "GET", path: "/" });
        const target = memory.pop() ?? new Uint8Array(BODY_BYTES);
        await response.body.readInto(() => target, BODY_BYTES);
        memory.push(target);
      });
    };
  }
  const best = new Map<string, number>();
  for (let round = 0; round < rounds; round++) {
    for (const [name, job] of Object.entries(jobs)) {
      const start = performance.now();
      await job();
      const rate = total / 1000 / (performance.now() - start);
      best.set(name, Math.max(best.get(name) ?? 0, rate));
    }
  }
  for (const [name, rate] of best) {
    const raw = best.get(name.includes("upload") ? "raw upload" : "raw download")!;
    console.log(
      `${name.padEnd(36)} ${rate.toFixed(0).padStart(6)} MB/s  ${(rate / raw).toFixed(2)}`,
    );
  }
  server.kill();
  Deno.exit(0);
}

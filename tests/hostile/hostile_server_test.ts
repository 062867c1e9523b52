// deno-lint-ignore-file no-console -- what was measured is reported
import { assert, assertEquals } from "@std/assert";
import { createSelfSignedCertificate, TlsListener } from "../../lib/tls/mod.ts";
import type { Duplex } from "../../lib/duplex/mod.ts";
import { spawnClient } from "../support/run_client.ts";

/** What the client may have resident at any time, bytes. */
const LIMIT_BYTES = 400_000_000;
/** In which it must have given up; on a quiet machine it takes a second. */
const LATE_MS = 60_000;
const encoder = new TextEncoder();

async function* forEver(text: string): AsyncGenerator<Uint8Array> {
  const bytes = encoder.encode(text);
  while (true) yield await Promise.resolve(bytes);
}

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(encoder.encode(text));
}

/** What a server may answer to the first request, whatever it is. */
const ATTACKS: Readonly<Record<string, () => AsyncGenerator<Uint8Array>>> = {
  "fields without end": () => forEver(`x: ${"y".repeat(60_000)}\r\n`),
  "a head without end": async function* () {
    yield* once("HTTP/1.1 200 OK\r\nx: ");
    yield* forEver("y".repeat(60_000));
  },
  "blanks within a field": () =>
    once(`HTTP/1.1 400 No\r\nx: a${" ".repeat(200_000)}a\r\ncontent-length: 0\r\n\r\n`),
  "interim answers": () => forEver("HTTP/1.1 100 Continue\r\n\r\n"),
  "a refusal without end": async function* () {
    yield* once("HTTP/1.1 400 Bad Request\r\n\r\n");
    yield* forEver("x".repeat(60_000));
  },
  "crumbs of a body": async function* () {
    yield* once("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
    yield* once("1\r\n[\r\n".repeat(500_000));
    yield* once("0\r\n\r\n");
  },
};

for (const [name, attack] of Object.entries(ATTACKS)) {
  Deno.test(`a server that sends ${name} neither holds up nor fills the client`, async () => {
    const made = await createSelfSignedCertificate({ names: ["localhost"] });
    const listener = await TlsListener.listen({ port: 0, ...made }, ({ duplex }) => {
      answer(duplex, attack()).catch(() => {});
    });
    try {
      const client = spawnClient(["snapshot", "list"], {
        output: "piped",
        env: {
          PBS_REPOSITORY: `joe@pbs@127.0.0.1:${listener.port}:store1`,
          PBS_PASSWORD: "a password",
          PBS_FINGERPRINT: made.fingerprint,
        },
      });
      const timer = setTimeout(() => client.kill("SIGKILL"), LATE_MS);
      let peak = 0;
      const look = setInterval(() => peak = Math.max(peak, peakOf(client.pid)), 20);
      const { code, signal, stderr } = await client.output();
      clearInterval(look);
      clearTimeout(timer);
      console.log(`peak ${Math.round(peak / 1e6)} MB`);
      assertEquals([code, signal], [255, null], new TextDecoder().decode(stderr));
      assert(peak > 0 && peak < LIMIT_BYTES, `${peak} bytes`);
    } finally {
      listener.close();
    }
  });
}

async function answer(duplex: Duplex, bytes: AsyncGenerator<Uint8Array>): Promise<void> {
  await duplex.read();
  for await (const part of bytes) await duplex.write(part);
}

/** The most that a process ever had resident; 0 if it has gone. */
function peakOf(pid: number): number {
  try {
    const status = Deno.readTextFileSync(`/proc/${pid}/status`);
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

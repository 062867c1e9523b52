import { assert, assertEquals } from "@std/assert";
import { setTimeout as delay } from "node:timers/promises";
import { type ConnectionSource, denoConnStream, type Duplex } from "../duplex/mod.ts";
import { createSelfSignedCertificate } from "./self_signed_certificate.ts";
import { connectTls } from "./tls_client.ts";
import { TlsListener } from "./tls_listener.ts";

const MIB = 1024 * 1024;
const made = await createSelfSignedCertificate({ names: ["localhost"] });

/** Connections as vsock has them, over TCP. */
function tcpSource(): ConnectionSource & { readonly port: number } {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let count = 0;
  return {
    port: listener.addr.port,
    accept: async () => {
      const connection = await listener.accept().catch(() => undefined);
      return connection && { connection, address: "vsock:7", peer: `[vsock:7]:${++count}` };
    },
    close: () => listener.close(),
  };
}

/** Both ends of connections: over sockets of the runtime, and over streams as vsock has them. */
const WAYS = ["sockets", "streams"] as const;

async function withEnds(
  way: typeof WAYS[number],
  run: (connect: () => Promise<{ client: Duplex; server: Duplex }>) => Promise<void>,
): Promise<void> {
  const accepted: ((duplex: Duplex) => void)[] = [];
  const options = way === "streams" ? { source: tcpSource() } : {};
  const listener = await TlsListener.listen({ port: 0, ...made, ...options }, ({ duplex }) => {
    accepted.shift()!(duplex);
  });
  const { port } = listener;
  const dial = async () => denoConnStream(await Deno.connect({ hostname: "127.0.0.1", port }));
  try {
    await run(async () => {
      const server = new Promise<Duplex>((resolve) => accepted.push(resolve));
      const { duplex } = await connectTls({
        host: "localhost",
        port,
        fingerprint: made.fingerprint,
        ...way === "streams" ? { dial } : {},
      });
      return { client: duplex, server: await server };
    });
  } finally {
    listener.close();
  }
}

/** @returns How many bytes came before the end. */
async function readToEnd(duplex: Duplex): Promise<number> {
  let length = 0;
  for (let b = await duplex.read(); b !== undefined; b = await duplex.read()) length += b.length;
  return length;
}

for (const way of WAYS) {
  for (const sender of ["client", "server"] as const) {
    const name = `a ${sender} over ${way}`;

    Deno.test(`${name} has to wait for a reader who waits, and nothing is lost`, async () => {
      await withEnds(way, async (connect) => {
        const ends = await connect();
        const [from, to] = sender === "client"
          ? [ends.client, ends.server]
          : [ends.server, ends.client];
        let sent = 0;
        const sending = (async () => {
          const piece = new Uint8Array(MIB);
          for (; sent < 256; sent++) await from.write(piece);
          await from.close();
        })();
        // Who is not held back has sent everything by then.
        await delay(2000);
        assert(sent < 128, `${sent} MiB were taken in that nobody has read`);
        assertEquals(await readToEnd(to), 256 * MIB);
        await sending;
        to.abort();
      });
    });

    Deno.test(`${name} ends for a reader who was slow`, async () => {
      await withEnds(way, async (connect) => {
        for (let round = 0; round < 12; round++) {
          const ends = await connect();
          const [from, to] = sender === "client"
            ? [ends.client, ends.server]
            : [ends.server, ends.client];
          const sending = from.write(new Uint8Array(3 * MIB)).then(() => from.close());
          await to.read();
          await delay(round);
          const length = await Promise.race([readToEnd(to), delay(120_000, "no end")]);
          assert(length !== "no end", `no end was told of in round ${round}`);
          to.abort();
          await sending;
        }
      });
    });
  }
}

for (const way of WAYS) {
  Deno.test(`a server over ${way} has to wait while somebody is asked whether to trust it`, async () => {
    let mostSent = 0;
    const options = way === "streams" ? { source: tcpSource() } : {};
    const listener = await TlsListener.listen({ port: 0, ...made, ...options }, ({ duplex }) => {
      const piece = new Uint8Array(MIB);
      (async () => {
        for (let sent = 0; sent < 256; mostSent = Math.max(mostSent, ++sent)) {
          await duplex.write(piece);
        }
        await duplex.close();
      })().catch(() => {});
    });
    const { port } = listener;
    const dial = async () => denoConnStream(await Deno.connect({ hostname: "127.0.0.1", port }));
    let sentUntilAnswer = 0;
    try {
      const { duplex } = await connectTls({
        host: "localhost",
        port,
        confirm: async () => {
          await delay(2000);
          sentUntilAnswer = mostSent;
          return true;
        },
        ...way === "streams" ? { dial } : {},
      });
      assert(sentUntilAnswer < 128, `${sentUntilAnswer} MiB were taken in from a stranger`);
      assertEquals(await readToEnd(duplex), 256 * MIB);
      duplex.abort();
    } finally {
      listener.close();
    }
  });
}

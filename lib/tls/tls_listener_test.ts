import { assert, assertEquals, assertRejects } from "@std/assert";
import { type ConnectionSource, DenoConnDuplex, denoConnStream } from "../duplex/mod.ts";
import { ConnectionError, TrustError } from "../errors/mod.ts";
import { createSelfSignedCertificate } from "./self_signed_certificate.ts";
import { connectTls, type TlsConnection, type TlsConnectOptions } from "./tls_client.ts";
import { type AcceptedConnection, TlsListener, type TlsListenOptions } from "./tls_listener.ts";

const made = await createSelfSignedCertificate({ names: ["localhost"] });

/** Connections of the runtime, as vsock has them, over TCP: not every kernel has a loop of vsock. */
class TcpSource implements ConnectionSource {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly port = this.#listener.addr.port;
  #count = 0;

  async accept() {
    try {
      const connection = await this.#listener.accept();
      return { connection, address: "vsock:7", peer: `[vsock:7]:${++this.#count}` };
    } catch {
      return undefined;
    }
  }

  close(): void {
    this.#listener.close();
  }
}

async function withSource(
  run: (port: number, accepted: AcceptedConnection[]) => Promise<void>,
  options: Partial<TlsListenOptions> = {},
): Promise<void> {
  const accepted: AcceptedConnection[] = [];
  const listener = await TlsListener.listen(
    { port: 0, source: new TcpSource(), ...made, ...options },
    (connection) => {
      accepted.push(connection);
      echo(connection).catch(() => {});
    },
  );
  try {
    await run(listener.port, accepted);
  } finally {
    listener.close();
  }
}

async function echo({ duplex }: AcceptedConnection): Promise<void> {
  for (let b = await duplex.read(); b !== undefined; b = await duplex.read()) await duplex.write(b);
  await duplex.close();
}

/** A connection that both ends know of. */
async function connect(
  port: number,
  options: Partial<TlsConnectOptions> = {},
): Promise<TlsConnection> {
  const connection = await connectTls({
    ...wayTo(port),
    fingerprint: made.fingerprint,
    ...options,
  });
  await connection.duplex.write(Uint8Array.of(42));
  assertEquals(await connection.duplex.read(), Uint8Array.of(42));
  return connection;
}

function wayTo(port: number) {
  const dial = async () => denoConnStream(await Deno.connect({ hostname: "127.0.0.1", port }));
  return { host: "[vsock:7]", port, dial, isNameless: true };
}

Deno.test("TLS runs over connections that a source brings, both ways at once", async () => {
  await withSource(async (port, accepted) => {
    const { duplex, trustedBy, protocol } = await connect(port, { protocols: ["h2", "x"] });
    assertEquals([trustedBy, protocol, duplex.peer], ["fingerprint", "x", `[vsock:7]:${port}`]);
    assertEquals(
      accepted.map(({ remoteAddress, protocol, duplex }) => [
        remoteAddress,
        protocol,
        duplex.peer,
      ]),
      [["vsock:7", "x", "[vsock:7]:1"]],
    );
    const sent = new Uint8Array(6_000_000).map((_, i) => i * 13 >> 3);
    const writing = duplex.write(sent);
    let received = 0;
    while (received < sent.length) {
      const bytes: Uint8Array | undefined = await duplex.read();
      if (bytes === undefined) throw new Error(`ended after ${received} bytes`);
      assertEquals(bytes, sent.subarray(received, received + bytes.length));
      received += bytes.length;
    }
    await writing;
    await duplex.close();
    // The other end has seen the end.
    if (!accepted[0]!.ended.aborted) {
      await new Promise((resolve) => accepted[0]!.ended.addEventListener("abort", resolve));
    }
  }, { protocols: ["x"] });
});

Deno.test("a server without a name is trusted by its fingerprint or by asking, and not else", async () => {
  await withSource(async (port, accepted) => {
    let asked = 0;
    const answer = (isRight: boolean) => () => {
      asked++;
      return Promise.resolve(isRight);
    };
    const wrong = "00".repeat(32);
    // What made the certificate vouches for a name, which this server has not.
    const authorities = made.certificate;
    const refused: Partial<TlsConnectOptions>[] = [
      {},
      { fingerprint: wrong },
      { confirm: answer(false) },
      { fingerprint: wrong, confirm: answer(false) },
    ];
    for (const options of refused) {
      const error = await assertRejects(
        () => connectTls({ ...wayTo(port), authorities, ...options }),
        TrustError,
      );
      assert(error.message.includes(`[vsock:7]:${port}`), error.message);
    }
    assertEquals(asked, 2);
    const { duplex, trustedBy } = await connect(port, {
      fingerprint: wrong,
      confirm: answer(true),
    });
    assertEquals([asked, trustedBy], [3, "confirmed"]);
    await duplex.close();
    assertEquals(accepted.at(-1)?.remoteAddress, "vsock:7");
  });
});

Deno.test("an end that is aborted ends the other, in the handshake and after it", async () => {
  await withSource(async (port, accepted) => {
    const { duplex } = await connect(port);
    accepted[0]!.duplex.abort();
    await assertRejects(async () => {
      while (await duplex.read() !== undefined);
      throw new ConnectionError("ended");
    }, ConnectionError);
    duplex.abort();
    const second = await connect(port);
    second.duplex.abort();
    const { ended } = accepted[1]!;
    if (!ended.aborted) await new Promise((resolve) => ended.addEventListener("abort", resolve));
    // Who says nothing, or nonsense after the first byte of TLS.
    for (const bytes of [[], [0x16, 1, 2, 3, 4, 5, 6, 7, 8, 9]]) {
      const stranger = await Deno.connect({ hostname: "127.0.0.1", port });
      if (bytes.length > 0) await stranger.write(Uint8Array.from(bytes));
      const rest = new Uint8Array(64);
      try {
        while (await stranger.read(rest) !== null);
      } catch (error) {
        assert(error instanceof Deno.errors.ConnectionReset, String(error));
      }
      stranger.close();
    }
    assertEquals(accepted.length, 2);
    assertEquals((await connect(port)).trustedBy, "fingerprint");
    // Much longer than a handshake takes on a machine that has other things to do.
  }, { handshakeTimeoutMs: 2000 });
});

Deno.test("nothing that a stranger sends and no time at which it goes ends the listener", async () => {
  await withSource(async (port, accepted) => {
    const hello = await clientHello();
    for (let length = 0; length <= hello.length; length += 1 + (length >> 2)) {
      for (const isDamaged of [false, true]) {
        const bytes = hello.slice(0, length);
        if (isDamaged) bytes.fill(0xff, length >> 1);
        const stranger = await Deno.connect({ hostname: "127.0.0.1", port });
        if (length > 0) await stranger.write(bytes);
        stranger.close();
      }
    }
    const { duplex } = await connect(port);
    assertEquals(accepted.length, 1);
    await duplex.close();
  });
});

/** First bytes of a TLS client. */
async function clientHello(): Promise<Uint8Array> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const refused = assertRejects(() => connectTls({ ...wayTo(listener.addr.port) }));
  const connection = await listener.accept();
  const bytes = new Uint8Array(4096);
  const length = await connection.read(bytes);
  connection.close();
  listener.close();
  await refused;
  return bytes.subarray(0, length!);
}

Deno.test("connections of a source that do not start with TLS go to whoever takes them", async () => {
  let text = "";
  await withSource(async (port) => {
    const duplex = new DenoConnDuplex(
      await Deno.connect({ hostname: "127.0.0.1", port }),
      "server",
    );
    await duplex.write(new TextEncoder().encode("GET /"));
    assertEquals(await duplex.read(), new TextEncoder().encode("plain"));
    assertEquals(await duplex.read(), undefined);
    await duplex.close();
    assertEquals(text, "GET /");
  }, {
    acceptPlain: async ({ duplex }) => {
      text = new TextDecoder().decode(await duplex.read());
      await duplex.write(new TextEncoder().encode("plain"));
      await duplex.close();
    },
  });
});

Deno.test("a machine whose places are taken gets another for its oldest stranger", async () => {
  await withSource(async (port, accepted) => {
    const first = await connect(port);
    const second = await connect(port);
    await assertRejects(async () => {
      while (await first.duplex.read() !== undefined);
      throw new ConnectionError("ended");
    }, ConnectionError);
    assertEquals(accepted.length, 2);
    await second.duplex.write(Uint8Array.of(5));
    assertEquals(await second.duplex.read(), Uint8Array.of(5));
    second.duplex.abort();
    first.duplex.abort();
  }, { maxConnections: 4 });
});

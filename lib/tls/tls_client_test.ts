import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import net from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { ConnectionError, TrustError, UsageError } from "../errors/mod.ts";
import { connectThroughProxy, parseProxy } from "./proxy.ts";
import { certificateFingerprint, createSelfSignedCertificate } from "./self_signed_certificate.ts";
import { connectTls } from "./tls_client.ts";
import { type AcceptedConnection, TlsListener } from "./tls_listener.ts";
import { decideTrust, normalizeFingerprint } from "./trust.ts";

const made = await createSelfSignedCertificate({ names: ["localhost", "127.0.0.1", "::1"] });
const wrong = normalizeFingerprint("00".repeat(32));

async function withListener(
  run: (port: number, accepted: AcceptedConnection[], received: { bytes: number }) => Promise<void>,
  options: { protocols?: string[]; handshakeTimeoutMs?: number; maxConnections?: number } = {},
): Promise<void> {
  const accepted: AcceptedConnection[] = [];
  const received = { bytes: 0 };
  const listener = await TlsListener.listen({ port: 0, ...made, ...options }, (connection) => {
    accepted.push(connection);
    (async () => {
      const { duplex } = connection;
      for (let b = await duplex.read(); b !== undefined; b = await duplex.read()) {
        received.bytes += b.length;
        await duplex.write(b);
      }
      await duplex.close();
    })().catch(() => {});
  });
  try {
    await run(listener.port, accepted, received);
  } finally {
    listener.close();
  }
}

Deno.test("a certificate with the expected fingerprint is accepted, in any notation", async () => {
  await withListener(async (port) => {
    for (
      const fingerprint of [made.fingerprint, made.fingerprint.toUpperCase().replaceAll(":", "")]
    ) {
      const { duplex, trustedBy, certificate, protocol } = await connectTls({
        host: "localhost",
        port,
        fingerprint,
      });
      assertEquals([trustedBy, protocol], ["fingerprint", undefined]);
      assertEquals(certificate.fingerprint, made.fingerprint);
      assertEquals(certificate.trustedBySystem, false);
      await duplex.write(Uint8Array.of(1, 2, 3));
      assertEquals([...await duplex.read() ?? []], [1, 2, 3]);
      await duplex.close();
    }
  });
});

Deno.test("a certificate that is not trusted is refused before a byte is sent", async () => {
  await withListener(async (port, _accepted, received) => {
    for (const fingerprint of [undefined, wrong]) {
      const error = await assertRejects(
        () => connectTls({ host: "127.0.0.1", port, ...fingerprint && { fingerprint } }),
        TrustError,
      );
      assert(error.message.includes(made.fingerprint), error.message);
      if (fingerprint === undefined) {
        assert(error.message.includes("DEPTH_ZERO_SELF_SIGNED_CERT"), error.message);
      }
    }
    assertEquals(received.bytes, 0);
  });
});

Deno.test("authorities and host name decide when there is no fingerprint", async () => {
  await withListener(async (port) => {
    const authorities = made.certificate;
    for (const host of ["localhost", "127.0.0.1"]) {
      const { duplex, trustedBy } = await connectTls({ host, port, authorities });
      assertEquals(trustedBy, "system");
      await duplex.close();
    }
    // spec: protocol.md §1.2, decision 1: a fingerprint is not consulted then, unless pinned.
    const { duplex, trustedBy } = await connectTls({
      host: "localhost",
      port,
      authorities,
      fingerprint: wrong,
    });
    assertEquals(trustedBy, "system");
    duplex.abort();
    await assertRejects(
      () => connectTls({ host: "localhost", port, authorities, fingerprint: wrong, pinned: true }),
      TrustError,
    );
    const other = await createSelfSignedCertificate({ names: ["other.example"] });
    const listener = await TlsListener.listen({ port: 0, ...other }, () => {});
    const error = await assertRejects(
      () => connectTls({ host: "localhost", port: listener.port, authorities: other.certificate }),
      TrustError,
    );
    assert(error.message.includes("ERR_TLS_CERT_ALTNAME_INVALID"), error.message);
    listener.close();
  });
});

Deno.test("decideTrust() asks the user last and believes the answer", async () => {
  const certificate = { fingerprint: made.fingerprint, trustedBySystem: false };
  const ask = (answer: boolean) => ({ confirm: () => Promise.resolve(answer) });
  assertEquals(await decideTrust(certificate, ask(true), "s"), "confirmed");
  await assertRejects(() => decideTrust(certificate, ask(false), "s"), TrustError);
  assertEquals(
    await decideTrust(certificate, { fingerprint: wrong, ...ask(true) }, "s"),
    "confirmed",
  );
  const trusted = { ...certificate, trustedBySystem: true };
  assertEquals(await decideTrust(trusted, ask(false), "s"), "system");
  assertThrows(() => normalizeFingerprint("ab:cd"), TrustError);
});

Deno.test("a protocol offered by ALPN is selected if the listener has it", async () => {
  await withListener(async (port, accepted) => {
    const options = { host: "localhost", port, fingerprint: made.fingerprint };
    const { duplex, protocol } = await connectTls({ ...options, protocols: ["h2", "http/1.1"] });
    assertEquals(protocol, "h2");
    await duplex.close();
    assertEquals(accepted[0]?.protocol, "h2");
  }, { protocols: ["h2"] });
});

Deno.test("large writes arrive whole, the end arrives, and later writes fail", async () => {
  await withListener(async (port, _accepted, received) => {
    const { duplex } = await connectTls({ host: "localhost", port, fingerprint: made.fingerprint });
    const bytes = new Uint8Array(3_000_001).map((_, i) => i & 0xff);
    let back = 0;
    const reading = (async () => {
      while (back < bytes.length) {
        const piece = await duplex.read();
        if (piece === undefined) throw new Error("the connection ended early");
        assertEquals(piece[0], back & 0xff);
        back += piece.length;
      }
    })();
    await duplex.write(bytes);
    await reading;
    assertEquals([back, received.bytes], [bytes.length, bytes.length]);
    await duplex.close();
    await assertRejects(() => duplex.write(bytes), ConnectionError);
    await assertRejects(() => duplex.read(), ConnectionError);
  });
});

/** Much longer than a handshake takes on a machine that has other things to do. */
const HANDSHAKE_MS = 2000;

Deno.test("silent and superfluous connections do not hold a place", async () => {
  await withListener(async (port) => {
    const socket = net.connect(port, "127.0.0.1");
    const ended = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    socket.on("error", () => {});
    await new Promise((resolve) => socket.once("connect", resolve));
    await ended;
    const { duplex } = await connectTls({ host: "127.0.0.1", port, fingerprint: made.fingerprint });
    // A window of time: the one in which a handshake has to be done is over.
    await delay(1.5 * HANDSHAKE_MS);
    await duplex.write(Uint8Array.of(7));
    assertEquals([...await duplex.read() ?? []], [7]);
    await duplex.close();
  }, { handshakeTimeoutMs: HANDSHAKE_MS });
});

Deno.test("a stranger gives way to the next connection, a known client does not", async () => {
  await withListener(async (port, accepted) => {
    const { fingerprint } = made;
    const connect = async () => (await connectTls({ host: "127.0.0.1", port, fingerprint })).duplex;
    const silent = net.connect(port, "127.0.0.1");
    const ended = new Promise<void>((resolve) => silent.once("close", () => resolve()));
    silent.on("error", () => {});
    await new Promise((resolve) => silent.once("connect", resolve));
    const stranger = await connect();
    await ended;
    const known = await connect();
    assertEquals(await stranger.read().catch(() => undefined), undefined);
    while (accepted.length < 2) await delay(5);
    accepted[1]!.keep();
    await assertRejects(connect, ConnectionError);
    await known.write(Uint8Array.of(7));
    assertEquals([...await known.read() ?? []], [7]);
    await known.close();
    stranger.abort();
  }, { maxConnections: 1 });
});

Deno.test("connecting to nobody fails with the server's name", async () => {
  const listener = net.createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => listener.once("listening", resolve));
  const { port } = listener.address() as net.AddressInfo;
  await new Promise((resolve) => listener.close(resolve));
  const error = await assertRejects(() => connectTls({ host: "127.0.0.1", port }), ConnectionError);
  assert(error.message.includes(`127.0.0.1:${port}`));
});

Deno.test("connections go through a proxy's tunnel", async () => {
  await withListener(async (port) => {
    const heads: string[] = [];
    let refuse = false;
    const proxy = net.createServer((incoming) => {
      incoming.once("data", (head: Uint8Array) => {
        heads.push(new TextDecoder().decode(head));
        if (refuse) {
          incoming.end("HTTP/1.1 403 Forbidden\r\n\r\n");
          return;
        }
        const outgoing = net.connect(port, "127.0.0.1", () => {
          incoming.write("HTTP/1.0 200 Connection established\r\n\r\n");
          incoming.pipe(outgoing).pipe(incoming);
        });
        outgoing.on("error", () => incoming.destroy());
      });
      incoming.on("error", () => {});
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => proxy.once("listening", resolve));
    const proxyPort = (proxy.address() as net.AddressInfo).port;
    const address = parseProxy(`me:pass%20word@127.0.0.1:${proxyPort}`);
    const dial = (host: string, port: number) => connectThroughProxy(address, host, port);
    const options = { host: "localhost", port, fingerprint: made.fingerprint, dial };
    const { duplex } = await connectTls(options);
    await duplex.write(Uint8Array.of(1));
    assertEquals([...await duplex.read() ?? []], [1]);
    duplex.abort();
    assertEquals(
      heads,
      [
        `CONNECT localhost:${port} HTTP/1.1\r\nProxy-Authorization: Basic ${
          btoa("me:pass%20word")
        }\r\nHost: localhost:${port}\r\n\r\n`,
      ],
    );
    refuse = true;
    await assertRejects(() => connectTls(options), ConnectionError, "403 Forbidden");
    proxy.close();
  });
});

Deno.test("parseProxy() takes the documented forms only", () => {
  assertEquals(parseProxy("proxy"), { host: "proxy", port: 1080 });
  assertEquals(parseProxy("http://[::1]:99"), { host: "[::1]", port: 99 });
  for (
    const text of ["", "https://proxy", "socks5://proxy:1", "proxy:0", "proxy:99999", "a b:c:d"]
  ) {
    assertThrows(() => parseProxy(text), UsageError);
  }
});

Deno.test("certificateFingerprint() of PEM text is the listener's fingerprint", async () => {
  assertEquals(await certificateFingerprint(made.certificate), made.fingerprint);
  await assertRejects(() => certificateFingerprint("nothing"), UsageError);
});

Deno.test("a connection that does not start with TLS is closed, or given to whoever takes it", async () => {
  const talk = async (port: number) => {
    using connection = await Deno.connect({ hostname: "127.0.0.1", port });
    await connection.write(new TextEncoder().encode("G"));
    // It may be closed already.
    await connection.write(new TextEncoder().encode("ET /")).catch(() => 0);
    const buffer = new Uint8Array(100);
    let text = "";
    for (;;) {
      const count = await connection.read(buffer).catch(() => null);
      if (count === null || text.length >= 5) return text;
      text += new TextDecoder().decode(buffer.subarray(0, count));
      if (text === "GET /") return text;
    }
  };
  await withListener(async (port, accepted) => {
    assertEquals(await talk(port), "");
    assertEquals(accepted.length, 0);
    const { duplex } = await connectTls({ host: "127.0.0.1", port, fingerprint: made.fingerprint });
    duplex.abort();
  });
  const listener = await TlsListener.listen({
    port: 0,
    ...made,
    acceptPlain: ({ duplex }) => {
      (async () => {
        for (let b = await duplex.read(); b !== undefined; b = await duplex.read()) {
          await duplex.write(b);
        }
      })().catch(() => {});
    },
  }, () => {});
  assertEquals(await talk(listener.port), "GET /");
  listener.close();
});

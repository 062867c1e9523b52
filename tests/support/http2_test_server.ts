// deno-lint-ignore-file no-console
// An HTTP/2 server over TLS (ALPN h2) for peers' test programs. Prints its port and serves until it
// is ended. Paths: /echo returns the body, /bytes/N has N bytes, everything else a short text.

import { createSelfSignedCertificate, TlsListener } from "../../lib/tls/mod.ts";
import { type Http2Options, Http2Server } from "../../lib/http2/mod.ts";
import type { IncomingRequest, OutgoingResponse } from "../../lib/http/mod.ts";

/** Answers as the file's head says. */
export async function answer(request: IncomingRequest): Promise<OutgoingResponse> {
  const size = /^\/bytes\/(\d{1,9})$/.exec(request.target);
  if (size !== null) return { status: 200, body: new Uint8Array(Number(size[1])).fill(0x41) };
  if (request.target === "/echo") {
    return { status: 200, body: await request.body.bytes(256 * 1024 * 1024) };
  }
  await request.body.discard();
  return {
    status: 200,
    headers: [["content-type", "text/plain"]],
    body: new TextEncoder().encode("hello\n"),
  };
}

/** Listens on a free port of the loopback address. */
export async function startHttp2TestServer(options: Http2Options = {}): Promise<TlsListener> {
  const { certificate, privateKey } = await createSelfSignedCertificate({
    names: ["localhost", "127.0.0.1"],
  });
  return await TlsListener.listen(
    { port: 0, certificate, privateKey, protocols: ["h2"] },
    ({ duplex }) => new Http2Server(duplex, answer, options),
  );
}

if (import.meta.main) {
  const listener = await startHttp2TestServer();
  console.log(listener.port);
}

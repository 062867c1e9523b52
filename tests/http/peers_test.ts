// deno-lint-ignore-file no-console
// Our HTTP/2 and certificates against other people's programs.

import { assert, assertEquals } from "@std/assert";
import { connectTls, createSelfSignedCertificate } from "../../lib/tls/mod.ts";
import { Http2Client } from "../../lib/http2/mod.ts";
import { startHttp2TestServer } from "../support/http2_test_server.ts";
import { eventually } from "../support/eventually.ts";
import { ownLoopback } from "../support/own_loopback.ts";
import { runPeer } from "../support/run_peer.ts";
import { testWithPeers } from "../support/with_peers.ts";

function randomBytes(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65536) {
    crypto.getRandomValues(bytes.subarray(at, Math.min(length, at + 65536)));
  }
  return bytes;
}

async function withFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

testWithPeers("h2spec finds nothing wrong with the HTTP/2 server", ["h2spec"], async () => {
  // One of its cases takes for granted that a frame of 20 KB is too large, hence the small limit.
  const listener = await startHttp2TestServer({ maxFrameBytes: 16384 });
  try {
    const report = await runPeer("h2spec", [
      ..."-t -k -o 5 -h 127.0.0.1 -p".split(" "),
      `${listener.port}`,
    ]);
    const summary = /(\d+) tests, (\d+) passed, (\d+) skipped, (\d+) failed/.exec(report);
    if (summary === null) throw new Error(`h2spec gave no summary:\n${report}`);
    const [, tests, passed, skipped, failed] = summary.map(Number);
    console.log(`h2spec: ${summary[0]}`);
    assertEquals([passed, skipped, failed], [tests, 0, 0], report);
    assert(tests! >= 140);
  } finally {
    listener.close();
  }
});

testWithPeers("curl and nghttp upload to and download from the HTTP/2 server", [
  "curl",
  "nghttp",
], async () => {
  const listener = await startHttp2TestServer();
  const base = `https://127.0.0.1:${listener.port}`;
  try {
    await withFolder(async (folder) => {
      const bytes = randomBytes(9_000_001);
      await Deno.writeFile(`${folder}/up`, bytes);
      const version = await runPeer("curl", [
        ...["-skS", "--http2", "-w", "%{http_version}", "-o", `${folder}/curl`],
        ...["--data-binary", `@${folder}/up`, `${base}/echo`],
      ]);
      assertEquals(version, "2");
      assertEquals(await Deno.readFile(`${folder}/curl`), bytes);
      await runPeer("curl", [
        ...["-skS", "--http2", "--parallel", "-o", `${folder}/bytes_#1`],
        `${base}/bytes/[999990-1000010]`,
      ]);
      for (let size = 999_990; size <= 1_000_010; size++) {
        assertEquals((await Deno.stat(`${folder}/bytes_${size}`)).size, size);
      }
      const got = await runPeer("nghttp", ["-d", `${folder}/up`, `${base}/bytes/3000000`]);
      assertEquals(got, "A".repeat(3_000_000));
    });
  } finally {
    listener.close();
  }
});

testWithPeers("h2load's many streams and connections all succeed", ["h2load"], async () => {
  const listener = await startHttp2TestServer();
  try {
    const report = await runPeer("h2load", [
      ..."-n 3000 -c 5 -m 100".split(" "),
      `https://127.0.0.1:${listener.port}/bytes/2000`,
    ]);
    assert(report.includes("3000 succeeded, 0 failed, 0 errored, 0 timeout"), report);
    assert(report.includes("3000 2xx"), report);
  } finally {
    listener.close();
  }
});

testWithPeers("the HTTP/2 client uploads to and downloads from nghttpd", ["nghttpd"], async () => {
  await withFolder(async (folder) => {
    const made = await createSelfSignedCertificate({ names: ["localhost"] });
    await Deno.writeTextFile(`${folder}/cert.pem`, made.certificate);
    await Deno.writeTextFile(`${folder}/key.pem`, made.privateKey);
    await Deno.mkdir(`${folder}/root`);
    const bytes = randomBytes(3_000_000);
    await Deno.writeFile(`${folder}/root/file`, bytes);
    const host = ownLoopback();
    const probe = Deno.listen({ hostname: host, port: 0 });
    const { port } = probe.addr;
    probe.close();
    const peer = new Deno.Command("nghttpd", {
      args: [
        ...["-a", host, "-d", `${folder}/root`, "--echo-upload", `${port}`],
        ...[`${folder}/key.pem`, `${folder}/cert.pem`],
      ],
      stdout: "null",
      stderr: "null",
    }).spawn();
    try {
      const { duplex, protocol } = await eventually(() =>
        connectTls({ host, port, fingerprint: made.fingerprint, protocols: ["h2"] })
      );
      assertEquals(protocol, "h2");
      const client = new Http2Client(duplex, { authority: `localhost:${port}` });
      await Promise.all(Array.from({ length: 150 }, async (_, i) => {
        const isUpload = i % 10 === 0;
        const response = await client.request(
          isUpload
            ? { method: "POST", path: "/up", body: bytes }
            : { method: "GET", path: "/file", headers: [["x-number", `${i}`]] },
        );
        assertEquals(response.status, 200);
        assertEquals(await response.body.bytes(bytes.length), bytes);
      }));
      const missing = await client.request({ method: "GET", path: "/missing" });
      assertEquals(missing.status, 404);
      await missing.body.discard();
      await client.close();
      assertEquals(await client.closed, undefined);
    } finally {
      peer.kill();
      await peer.status;
    }
  });
});

testWithPeers("openssl reads the self-signed certificate and its key", ["openssl"], async () => {
  await withFolder(async (folder) => {
    const made = await createSelfSignedCertificate({
      names: ["pbs.example", "10.1.2.3", "fe80::1:2"],
      days: 20_000,
    });
    await Deno.writeTextFile(`${folder}/cert.pem`, made.certificate);
    await Deno.writeTextFile(`${folder}/key.pem`, made.privateKey);
    const text = await runPeer("openssl", [
      ...["x509", "-in", `${folder}/cert.pem`, "-noout", "-fingerprint", "-sha256", "-subject"],
      ...["-ext", "subjectAltName,basicConstraints,keyUsage,extendedKeyUsage", "-enddate"],
    ]);
    assert(text.includes(`sha256 Fingerprint=${made.fingerprint.toUpperCase()}`), text);
    assert(text.includes("subject=CN = pbs.example"), text);
    assert(
      text.includes("DNS:pbs.example, IP Address:10.1.2.3, IP Address:FE80:0:0:0:0:0:1:2"),
      text,
    );
    assert(text.includes("CA:FALSE") && text.includes("Digital Signature"), text);
    assert(text.includes("TLS Web Server Authentication"), text);
    const file = `${folder}/cert.pem`;
    const verdict = await runPeer("openssl", ["verify", "-x509_strict", "-CAfile", file, file]);
    assert(verdict.endsWith(": OK\n"), verdict);
    const [publicKey, fromKey] = await Promise.all([
      runPeer("openssl", ["x509", "-in", file, "-noout", "-pubkey"]),
      runPeer("openssl", ["pkey", "-in", `${folder}/key.pem`, "-pubout"]),
    ]);
    assertEquals(publicKey, fromKey);
  });
});

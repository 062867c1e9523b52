import { connectTls } from "../../lib/tls/mod.ts";
import type { Duplex } from "../../lib/duplex/mod.ts";
import type { HeaderField } from "../../lib/http/mod.ts";
import { Http1Client } from "../../lib/http1/mod.ts";
import { Http2Client } from "../../lib/http2/mod.ts";
import type { ServerProcess } from "./server_process.ts";

const BODY_LIMIT_BYTES = 100_000;
const PROTOCOLS = {
  backup: "proxmox-backup-protocol-v1",
  reader: "proxmox-backup-reader-protocol-v1",
} as const;

/** A TLS connection to a server process, on which nothing was said yet. */
export async function connectServed(server: ServerProcess): Promise<Duplex> {
  const { duplex } = await connectTls({
    host: server.host,
    port: server.port,
    fingerprint: server.clientEnvironment.PBS_FINGERPRINT!,
  });
  return duplex;
}

/** Logs in with what the server printed. @returns Fields that requests need, the CSRF token included. */
export async function logInServed(server: ServerProcess): Promise<HeaderField[]> {
  const { PBS_REPOSITORY = "", PBS_PASSWORD = "" } = server.clientEnvironment;
  const username = PBS_REPOSITORY.slice(0, PBS_REPOSITORY.indexOf("@127"));
  const client = new Http1Client(await connectServed(server), { host: "localhost" });
  const response = await client.request({
    method: "POST",
    path: "/api2/json/access/ticket",
    headers: [["content-type", "application/json"]],
    body: new TextEncoder().encode(JSON.stringify({ username, password: PBS_PASSWORD })),
  });
  const { data } = JSON.parse(await response.body.text(BODY_LIMIT_BYTES));
  await client.close();
  return [
    ["cookie", `PBSAuthCookie=${encodeURIComponent(data.ticket)}`],
    ["CSRFPreventionToken", data.CSRFPreventionToken],
  ];
}

/** A connection that was upgraded, on which nothing of the new protocol was said yet. */
export async function upgradeServed(
  server: ServerProcess,
  kind: "backup" | "reader",
  query: string,
  headers: readonly HeaderField[],
): Promise<Duplex> {
  const client = new Http1Client(await connectServed(server), { host: "localhost" });
  const path = `/api2/json/${kind}?${query}`;
  const result = await client.upgrade({ method: "GET", path, headers }, PROTOCOLS[kind]);
  if ("duplex" in result) return result.duplex;
  const text = await result.response.body.text(BODY_LIMIT_BYTES);
  client.abort();
  throw new Error(`${result.response.status}: ${text}`);
}

/** As {@linkcode upgradeServed}, with HTTP/2. */
export async function openServed(
  server: ServerProcess,
  kind: "backup" | "reader",
  query: string,
  headers: readonly HeaderField[],
): Promise<Http2Client> {
  return new Http2Client(await upgradeServed(server, kind, query, headers));
}

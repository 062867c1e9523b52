import { setTimeout as delay } from "node:timers/promises";
import { chunkDigest, encodeBlob } from "../../../lib/blob/mod.ts";
import { encodeHex } from "../../../lib/bytes/mod.ts";
import { connectTls } from "../../../lib/tls/mod.ts";
import type { Duplex } from "../../../lib/duplex/mod.ts";
import type { HeaderField } from "../../../lib/http/mod.ts";
import type { Http2Client } from "../../../lib/http2/mod.ts";
import { DynamicIndexBuilder, FixedIndexBuilder } from "../../../lib/index/mod.ts";
import { createManifest, encodeManifestBlob } from "../../../lib/manifest/mod.ts";
import type { ManifestFile } from "../../../lib/manifest/mod.ts";
import { sha256 } from "../../../lib/crypto/mod.ts";
import type { DatastoreConfig } from "../../../lib/server/mod.ts";
import { TestServer } from "../test_server.ts";
import { DEFAULT_ASKER, probeAccounts, SECRET, STORE } from "./probe_accounts.ts";
import { type RawAnswer, RawClient } from "./raw_client.ts";

/** An upgraded connection in the world of the probes. */
export class Upgraded {
  constructor(readonly client: Http2Client) {}

  /** Sends a request; throws when the connection is gone. */
  async send(
    method: string,
    path: string,
    body: Uint8Array = new Uint8Array(0),
    headers: readonly HeaderField[] = [],
  ): Promise<RawAnswer> {
    const response = await this.client.request({
      method,
      path,
      headers,
      ...body.length > 0 ? { body } : {},
    });
    return {
      status: response.status,
      headers: new Map(response.headers.list),
      body: await response.body.bytes(64 << 20),
    };
  }

  /** Sends a request that has to go well. @returns `data`. */
  async ok(method: string, path: string, body?: Uint8Array | object): Promise<unknown> {
    const isJson = body !== undefined && !(body instanceof Uint8Array);
    const bytes = isJson ? new TextEncoder().encode(JSON.stringify(body)) : body;
    const headers: HeaderField[] = isJson ? [["content-type", "application/json"]] : [];
    const answer = await this.send(method, path, bytes, headers);
    const text = new TextDecoder().decode(answer.body.subarray(0, 1000));
    if (answer.status !== 200) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text.startsWith("{") ? JSON.parse(text).data : undefined;
  }

  /** Uploads a chunk. @returns Its digest as text. */
  async chunk(kind: "dynamic" | "fixed", wid: number, plain: Uint8Array): Promise<string> {
    const blob = await encodeBlob(plain, { compress: true });
    const digest = encodeHex(chunkDigest(plain));
    const query = `wid=${wid}&digest=${digest}&size=${plain.length}&encoded-size=${blob.length}`;
    await this.ok("POST", `/${kind}_chunk?${query}`, blob);
    return digest;
  }

  /** Uploads a blob. */
  async blob(name: string, blob: Uint8Array): Promise<void> {
    await this.ok("POST", `/blob?file-name=${name}&encoded-size=${blob.length}`, blob);
  }
}

/** The server that probes are sent to, and what it takes to bring it into a state. */
export class ProbeWorld implements AsyncDisposable {
  #raw: RawClient | undefined;
  readonly #open = new Set<Upgraded>();

  private constructor(readonly server: TestServer) {}

  static async create(): Promise<ProbeWorld> {
    const server = await TestServer.start({
      accounts: probeAccounts(),
      datastores: (path) => [{ name: STORE, path, syncLevel: "none" }],
    });
    return new ProbeWorld(server);
  }

  /** Changes what the configuration says about the datastore. */
  reconfigure(change: Partial<DatastoreConfig>): void {
    this.server.server.state.configure([
      { name: STORE, path: this.path, syncLevel: "none", ...change },
    ]);
  }

  /** Path of the datastore. */
  get path(): string {
    return this.server.datastorePath;
  }

  /** A fresh connection past its handshake. */
  async dial(): Promise<Duplex> {
    const { duplex } = await connectTls({
      host: "127.0.0.1",
      port: this.server.port,
      fingerprint: this.server.certificate.fingerprint,
    });
    return duplex;
  }

  /** The connection for plain requests, kept as long as it lasts. */
  async raw(): Promise<RawClient> {
    return this.#raw ??= new RawClient(await this.dial());
  }

  /** Gives the connection for plain requests up. */
  dropRaw(): void {
    this.#raw?.duplex.abort();
    this.#raw = undefined;
  }

  /** The fields that say who asks: a token's secret, or a user's ticket with CSRF token. */
  identify(authId: string): HeaderField[] {
    if (authId.includes("!")) return [["authorization", `PBSAPIToken ${authId}:${SECRET}`]];
    const { signer } = this.server.access;
    return [
      ["cookie", `PBSAuthCookie=${signer.createTicket(authId)}`],
      ["csrfpreventiontoken", signer.createCsrfToken(authId)],
    ];
  }

  /** Makes a call that has to go well. @returns `data`. */
  async call(
    method: string,
    path: string,
    options: { as?: string; json?: object; body?: Uint8Array } = {},
  ): Promise<unknown> {
    const client = await this.server.connect();
    const { as = DEFAULT_ASKER, json } = options;
    const body = json ? new TextEncoder().encode(JSON.stringify(json)) : options.body;
    const type: HeaderField[] = json ? [["content-type", "application/json"]] : [];
    const response = await client.request({
      method,
      path: `/api2/json/${path}`,
      headers: [...this.identify(as), ...type],
      ...body ? { body } : {},
    });
    const text = await response.body.text(16 << 20);
    await client.close();
    if (response.status !== 200) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text).data;
  }

  /** Opens an upgraded connection. */
  async upgrade(
    kind: "backup" | "reader",
    group: string,
    time: number,
    options: { as?: string; ns?: string; extra?: string } = {},
  ): Promise<Upgraded> {
    const [type, id] = group.split("/");
    const { as = DEFAULT_ASKER, ns = "", extra = "" } = options;
    const query = `store=${STORE}&backup-type=${type}&backup-id=${id}&backup-time=${time}` +
      `&ns=${encodeURIComponent(ns)}${extra}`;
    const upgraded = new Upgraded(await this.server.upgrade(kind, query, this.identify(as)));
    this.#open.add(upgraded);
    return upgraded;
  }

  /** Takes over a connection that something else has made. */
  adopt(upgraded: Upgraded): Upgraded {
    this.#open.add(upgraded);
    return upgraded;
  }

  /** Cuts a connection and waits until the server is done with it. */
  async close(upgraded: Upgraded | undefined): Promise<void> {
    if (upgraded === undefined) return;
    upgraded.client.abort();
    this.#open.delete(upgraded);
    await this.settled();
  }

  /** Waits until no task runs but those of open connections. */
  async settled(): Promise<void> {
    for (let i = 0; i < 6000; i++) {
      if (this.server.server.state.tasks.running.length <= this.#open.size) return;
      await delay(10);
    }
    throw new Error("a task does not end");
  }

  /** Makes a small finished snapshot: `a.pxar.didx` of 11 bytes, `x.conf.blob` and a manifest. */
  async snapshot(
    group: string,
    time: number,
    options: { as?: string; ns?: string } = {},
  ): Promise<void> {
    const backup = await this.upgrade("backup", group, time, options);
    await backup.ok("POST", "/dynamic_index?archive-name=a.pxar.didx");
    const plain = new TextEncoder().encode(`${group} ${time}`.slice(-11).padStart(11, "-"));
    const digest = await backup.chunk("dynamic", 1, plain);
    await backup.ok("PUT", "/dynamic_index", {
      "wid": 1,
      "digest-list": [digest],
      "offset-list": [0],
    });
    const index = new DynamicIndexBuilder("a.pxar.didx");
    index.append(0, plain.length, chunkDigest(plain));
    const csum = encodeHex(index.checksum());
    await backup.ok("POST", `/dynamic_close?wid=1&chunk-count=1&size=11&csum=${csum}`);
    const conf = await encodeBlob(new TextEncoder().encode("a configuration"), { compress: false });
    await backup.blob("x.conf.blob", conf);
    await this.finish(backup, group, time, [
      { filename: "a.pxar.didx", cryptMode: "none", size: 11, checksum: index.checksum() },
      { filename: "x.conf.blob", cryptMode: "none", size: conf.length, checksum: sha256(conf) },
    ]);
  }

  /** Uploads a manifest, finishes and closes. */
  async finish(
    backup: Upgraded,
    group: string,
    time: number,
    files: readonly ManifestFile[],
  ): Promise<void> {
    await backup.blob("index.json.blob", await manifestBlob(group, time, files));
    await backup.ok("POST", "/finish");
    await this.close(backup);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const upgraded of this.#open) upgraded.client.abort();
    this.dropRaw();
    await this.server[Symbol.asyncDispose]();
  }
}

/** The blob of a manifest. */
export async function manifestBlob(
  group: string,
  time: number,
  files: readonly ManifestFile[],
): Promise<Uint8Array> {
  const [type = "", id = ""] = group.split("/");
  return await encodeManifestBlob(
    { ...createManifest({ type: type as "host", id, time }), files },
  );
}

/** The index that a list of plain chunks makes. */
export function fixedChecksum(name: string, chunks: readonly Uint8Array[]): Uint8Array {
  const builder = new FixedIndexBuilder(name, {});
  let offset = 0;
  for (const plain of chunks) {
    builder.add(offset, plain.length, chunkDigest(plain));
    offset += plain.length;
  }
  return builder.checksum();
}

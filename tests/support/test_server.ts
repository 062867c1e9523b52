import {
  type CertificateAndKey,
  connectTls,
  createSelfSignedCertificate,
} from "../../lib/tls/mod.ts";
import { Http1Client } from "../../lib/http1/mod.ts";
import { Http2Client } from "../../lib/http2/mod.ts";
import type { HeaderField } from "../../lib/http/mod.ts";
import { Datastore } from "../../lib/datastore/mod.ts";
import {
  AccessControl,
  type AccessRule,
  AccessRules,
  type AccountConfig,
  BackupServer,
  DatastoreAdministration,
  type DatastoreConfig,
  S3Endpoints,
  SecretStore,
  type ServerTimeouts,
  TicketSigner,
} from "../../lib/server/mod.ts";
import { TempDir } from "./temp_dir.ts";

const ACCEPT_ALL_DELAYS = { unauthorizedMs: 0, forbiddenMs: 0 };

/** Whom a {@linkcode TestServer} knows. */
export interface TestAccounts {
  readonly accounts: readonly AccountConfig[];
  readonly rules: readonly AccessRule[];
  /** Passwords and token secrets by auth id. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** One administrator with a password and a token. */
export const ADMINISTRATOR: TestAccounts = {
  accounts: [
    { authId: "admin@pbs", enabled: true, expire: 0 },
    { authId: "admin@pbs!ci", enabled: true, expire: 0 },
  ],
  rules: [
    { path: "/", authId: "admin@pbs", roles: ["Admin"], propagate: true },
    { path: "/", authId: "admin@pbs!ci", roles: ["Admin"], propagate: true },
  ],
  secrets: { "admin@pbs": "a password", "admin@pbs!ci": "a secret" },
};

interface TestServerParts {
  readonly server: BackupServer;
  readonly dir: TempDir;
  /** Whether the folder is somebody else's. */
  readonly isGuest: boolean;
  readonly certificate: CertificateAndKey;
  readonly access: AccessControl;
  readonly datastorePath: string;
  readonly failures: readonly unknown[];
}

/** A server on a loopback port with a datastore of its own that vanishes with it. */
export class TestServer implements AsyncDisposable {
  readonly server: BackupServer;
  readonly dir: TempDir;
  readonly certificate: CertificateAndKey;
  readonly access: AccessControl;
  readonly datastorePath: string;
  readonly failures: readonly unknown[];
  readonly #isGuest: boolean;

  private constructor(parts: TestServerParts) {
    this.#isGuest = parts.isGuest;
    this.server = parts.server;
    this.dir = parts.dir;
    this.certificate = parts.certificate;
    this.access = parts.access;
    this.datastorePath = parts.datastorePath;
    this.failures = parts.failures;
  }

  static async start(
    options: {
      accounts?: TestAccounts;
      datastores?: (path: string) => readonly DatastoreConfig[];
      delays?: { unauthorizedMs: number; forbiddenMs: number };
      timeouts?: ServerTimeouts;
      maxConnections?: number;
      /** What the page may hold for its readers. */
      pageBytes?: number;
      /** For connections on which nobody has logged in. */
      strangerIdleMs?: number;
      /** The clock by which tickets age, milliseconds since the epoch. */
      now?: () => number;
      ticketLifetimeSeconds?: number;
      /** The clock of jobs, seconds since the epoch; the scheduler looks when it is told to then. */
      jobsNow?: () => number;
      /** Told of what keeps jobs from being started. */
      warned?: (problem: string) => void;
      /** A folder that an earlier server left, with its datastore; it stays. */
      dir?: TempDir;
      /** Told what went wrong with alerts; the file of alerts is in the folder `config` then. */
      alertsWarned?: (problem: string) => void;
      /** The clock of what is watched, seconds since the epoch. */
      watchNow?: () => number;
      /** Whether datastores and S3 endpoints come from files in the folder `config` as well. */
      configured?: boolean;
      /** Whether refusals wait as they do for users. */
      defaultDelays?: boolean;
    } = {},
  ): Promise<TestServer> {
    const dir = options.dir ?? await TempDir.make();
    const datastorePath = `${dir.path}/store`;
    if (options.dir === undefined) {
      Datastore.create(datastorePath, { chunkFoldersOnDemand: true })[Symbol.dispose]();
    }
    const { accounts, rules, secrets } = options.accounts ?? ADMINISTRATOR;
    const store = SecretStore.inMemory();
    for (const [authId, secret] of Object.entries(secrets)) await store.set(authId, secret);
    const access = new AccessControl(
      accounts,
      store,
      new TicketSigner(
        crypto.getRandomValues(new Uint8Array(32)),
        options.now,
        options.ticketLifetimeSeconds,
      ),
      new AccessRules(rules),
    );
    const certificate = await createSelfSignedCertificate({ names: ["localhost"] });
    const failures: unknown[] = [];
    const folder = `${dir.path}/config`;
    const given = options.datastores?.(datastorePath) ?? [{ name: "store1", path: datastorePath }];
    const server = await BackupServer.start({
      port: 0,
      certificate,
      datastores: given,
      ...options.configured ? { jobs: { folder } } : {},
      refresh: async () => {
        if (!options.configured) return;
        const { datastores } = await new DatastoreAdministration(folder).list();
        const endpoints = await new S3Endpoints(folder).all();
        server.state.configure([...given, ...datastores], endpoints);
      },
      access,
      logFolder: `${dir.path}/log`,
      instanceId: "0123456789abcdef0123456789abcdef",
      ...options.defaultDelays ? {} : { delays: options.delays ?? ACCEPT_ALL_DELAYS },
      ...options.jobsNow === undefined ? {} : {
        jobs: { folder: `${dir.path}/config`, now: options.jobsNow, timeZone: "UTC" },
      },
      ...options.warned === undefined ? {} : { warned: options.warned },
      ...options.alertsWarned === undefined ? {} : {
        watch: {
          folder: `${dir.path}/config`,
          environment: { get: () => undefined },
          warned: options.alertsWarned,
          now: options.watchNow,
        },
      },
      ...options.pageBytes === undefined ? {} : { pageBytes: options.pageBytes },
      ...options.maxConnections === undefined ? {} : { maxConnections: options.maxConnections },
      timeouts: {
        ...options.timeouts,
        ...options.strangerIdleMs === undefined ? {} : { strangerIdleMs: options.strangerIdleMs },
      },
      failed: (error) => {
        failures.push(error);
        // deno-lint-ignore no-console -- a test that fails later must show why.
        console.error("internal error of the server:", error);
      },
    });
    const isGuest = options.dir !== undefined;
    return new TestServer({ server, dir, isGuest, certificate, access, datastorePath, failures });
  }

  get port(): number {
    return this.server.port;
  }

  /** A new HTTP/1.1 connection. */
  async connect(): Promise<Http1Client> {
    const { duplex } = await connectTls({
      host: "127.0.0.1",
      port: this.port,
      fingerprint: this.certificate.fingerprint,
    });
    return new Http1Client(duplex, { host: `127.0.0.1:${this.port}` });
  }

  /**
   * A call of the REST API on a connection of its own.
   *
   * @param who Token and its secret, as `name@realm!token:secret`.
   * @param members The body's.
   * @returns Status, and the JSON text that came.
   */
  async call(
    method: "GET" | "POST" | "PUT" | "DELETE",
    path: string,
    who: string = "admin@pbs!ci:a secret",
    members?: Readonly<Record<string, unknown>>,
  ): Promise<{ status: number; text: string }> {
    const client = await this.connect();
    const body = members === undefined ? undefined : JSON.stringify(members);
    const response = await client.request({
      method,
      path: `/api2/json/${path}`,
      headers: [
        ["authorization", `PBSAPIToken ${who}`],
        ...body === undefined ? [] : [["content-type", "application/json"] as const],
      ],
      ...body === undefined ? {} : { body: new TextEncoder().encode(body) },
    });
    const text = await response.body.text(1_000_000);
    client.abort();
    return { status: response.status, text };
  }

  /** A connection upgraded to a protocol; throws with the refusal's text. */
  async upgrade(
    kind: "backup" | "reader",
    query: string,
    headers: readonly HeaderField[],
  ): Promise<Http2Client> {
    const client = await this.connect();
    const protocol = kind === "backup"
      ? "proxmox-backup-protocol-v1"
      : "proxmox-backup-reader-protocol-v1";
    const result = await client.upgrade(
      { method: "GET", path: `//api2/json/${kind}?${query}`, headers },
      protocol,
    );
    if ("duplex" in result) return new Http2Client(result.duplex);
    const text = await result.response.body.text(10_000);
    client.abort();
    throw new Error(`${result.response.status}: ${text}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    if (!this.#isGuest) await this.dir[Symbol.asyncDispose]();
    if (this.failures.length > 0) {
      throw new Error("internal error of the server", { cause: this.failures[0] });
    }
  }
}

/** The field that says who asks, with an API token. */
export function tokenHeader(tokenId: string, secret: string): HeaderField {
  return ["authorization", `PBSAPIToken ${tokenId}:${secret}`];
}

import { setTimeout as delay } from "node:timers/promises";
import { type BucketOptions, listBuckets } from "../../../lib/s3/mod.ts";
import { type CertificateAndKey, createSelfSignedCertificate } from "../../../lib/tls/mod.ts";
import { TempDir } from "../temp_dir.ts";

/** A server that tests can start: versitygw, or rclone with only its S3 server in it. */
export type S3ServerKind = "versitygw" | "rclone-s3";

/** All kinds; each is the name of the peer that `testWithPeers` is to be told. */
export const S3_SERVER_KINDS: readonly S3ServerKind[] = ["versitygw", "rclone-s3"];

/** How a server is started. */
export interface S3ServerOptions {
  /** Default versitygw. */
  readonly kind?: S3ServerKind;
  /** Whether with TLS and a certificate signed by itself. Default true. */
  readonly tls?: boolean;
  /** Name of its bucket, which is empty. Default `bucket`. */
  readonly bucket?: string;
  /** Where it listens; default 127.0.0.1. An `ownLoopback` for one that is started again. */
  readonly host?: string;
  /** Its certificate. Default: one for its host that is signed by itself. */
  readonly certificate?: CertificateAndKey;
  /** The domain below which versitygw takes a host's name for a bucket. */
  readonly domain?: string;
  /** Whether versitygw notes each request, so that {@linkcode S3Server.requestCount} can tell. */
  readonly noteRequests?: boolean;
}

const REGION = "us-west-1";
const PATIENCE_MS = 60_000;
const PAUSE_MS = 20;
const ATTEMPTS = 5;

/**
 * A real S3 server on loopback with an empty bucket, which goes with the scope it was started in.
 *
 * @example
 * ```ts ignore
 * testWithPeers("a bucket keeps what it is given", ["versitygw"], async () => {
 *   await using server = await S3Server.start();
 *   await using bucket = openBucket(server.options);
 *   await bucket.put("a", new Uint8Array(3));
 * });
 * ```
 */
export class S3Server implements AsyncDisposable {
  #child: Deno.ChildProcess | undefined;

  private constructor(
    readonly kind: S3ServerKind,
    /** For `openBucket`, complete: keys, fingerprint, and pauses that suit tests. */
    readonly options: BucketOptions & { readonly port: number },
    readonly dir: TempDir,
    /** The certificate, and what made it; undefined without TLS. */
    readonly certificate: CertificateAndKey | undefined,
    readonly started: S3ServerOptions,
  ) {}

  /** Starts one, and waits until it answers. */
  static async start(options: S3ServerOptions = {}): Promise<S3Server> {
    const { kind = "versitygw", tls = true, bucket = "bucket", host = "127.0.0.1" } = options;
    const dir = await TempDir.make("/dev/shm");
    try {
      const certificate = tls
        ? options.certificate ?? await createSelfSignedCertificate({ names: [host] })
        : undefined;
      if (certificate !== undefined) {
        await Deno.writeTextFile(`${dir.path}/cert.pem`, certificate.certificate);
        await Deno.writeTextFile(`${dir.path}/key.pem`, certificate.privateKey);
      }
      await Deno.mkdir(`${dir.path}/buckets/${bucket}`, { recursive: true });
      const common = {
        endpoint: host,
        bucket,
        region: REGION,
        pathStyle: true,
        // Whoever answers to these keys is this server, and not another one on its port.
        accessKey: `access${crypto.randomUUID().slice(0, 8)}`,
        secretKey: `secret${crypto.randomUUID()}`,
        tls,
        ...certificate === undefined ? {} : { fingerprint: certificate.fingerprint },
        patience: { firstPauseMs: 10, longestPauseMs: 50 },
      };
      for (let attempt = 1;; attempt++) {
        const server = new S3Server(
          kind,
          { ...common, port: freePort(host) },
          dir,
          certificate,
          options,
        );
        if (await server.resume()) return server;
        // Another one may have been given the same port; nothing else is worth another try.
        if (attempt === ATTEMPTS) throw new Error(`${kind} ended: ${await server.said()}`);
      }
    } catch (error) {
      await dir[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The folder in which every object is a file, named by its key. */
  get folder(): string {
    return `${this.dir.path}/buckets/${this.options.bucket}`;
  }

  get processId(): number {
    return this.#child!.pid;
  }

  /** Requests that were answered until now. */
  async requestCount(): Promise<number> {
    const notes = await Deno.readTextFile(`${this.dir.path}/requests`);
    return notes.split("\n").filter((line) => line.includes(" s3_")).length;
  }

  /** Ends it at once, as a crash would; what it has stored stays. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    try {
      child?.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await child?.status;
  }

  /**
   * Starts it again where it was, after a {@linkcode kill}.
   *
   * @returns False if its port is taken.
   */
  async resume(): Promise<boolean> {
    const child = new Deno.Command("sh", {
      args: ["-c", `exec "$@" >${this.dir.path}/log 2>&1`, "-", this.kind, ...this.#arguments()],
      env: {
        ROOT_ACCESS_KEY: this.options.accessKey,
        ROOT_SECRET_KEY: this.options.secretKey,
        RCLONE_AUTH_KEY: `"${this.options.accessKey},${this.options.secretKey}"`,
        HOME: this.dir.path,
      },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    this.#child = child;
    let hasEnded = false;
    child.status.then(() => hasEnded = true);
    const deadlineMs = Date.now() + PATIENCE_MS;
    while (!hasEnded) {
      if (await this.#answers()) return true;
      if (Date.now() > deadlineMs) {
        await this.kill();
        throw new Error(`${this.kind} does not answer`);
      }
      await delay(PAUSE_MS);
    }
    return false;
  }

  /** Text that it has printed. */
  async said(): Promise<string> {
    return await Deno.readTextFile(`${this.dir.path}/log`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await this.dir[Symbol.asyncDispose]();
  }

  async #answers(): Promise<boolean> {
    try {
      const { bucket } = this.options;
      // Any certificate of its will do here, an expired one too.
      const names = await listBuckets({ ...this.options, patience: { attempts: 1 } });
      return names.includes(bucket);
    } catch {
      return false;
    }
  }

  #arguments(): string[] {
    const { path } = this.dir;
    const address = `${this.options.endpoint}:${this.options.port}`;
    const domain = this.started.domain === undefined
      ? []
      : [`--virtual-domain=${this.started.domain}`];
    const keys = [`--cert=${path}/cert.pem`, `--key=${path}/key.pem`];
    const tls = this.certificate === undefined ? [] : keys;
    const notes = this.started.noteRequests ? [`--access-log=${path}/requests`] : [];
    return this.kind === "versitygw"
      ? ["--keep-alive", "-q", `--port=${address}`, `--region=${REGION}`, ...tls, ...domain].concat(
        [...notes, "posix", `${path}/buckets`],
      )
      : ["serve", "s3", "--config=/dev/null", `--addr=${address}`, ...tls, `${path}/buckets`];
  }
}

function freePort(hostname: string): number {
  using listener = Deno.listen({ hostname, port: 0 });
  return listener.addr.port;
}

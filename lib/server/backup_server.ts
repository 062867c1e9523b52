import { type AcceptedConnection, type CertificateAndKey, TlsListener } from "../tls/mod.ts";
import { LargeHeads, serveConnection, type ServeOptions } from "../http1/mod.ts";
import type { IncomingRequest } from "../http/mod.ts";
import {
  type ConnectionSource,
  type Duplex,
  memoryDuplexPair,
  type MinimumPace,
} from "../duplex/mod.ts";
import { AccessLog } from "./access_log.ts";
import { AnswerBudget, type AnswerReader, BodyBudget } from "./memory/mod.ts";
import type { AccessControl } from "./access/mod.ts";
import type { DatastoreConfig } from "./config/mod.ts";
import type { S3Endpoint } from "./endpoints/mod.ts";
import { MeasuredDuplex } from "./measured_duplex.ts";
import { MetricsService, RequestCounts } from "./metrics/mod.ts";
import {
  IdleConnections,
  ServerConnection,
  ServerState,
  UpgradedConnections,
  UploadInspector,
} from "./state/mod.ts";
import { type PageConnection, ServerPage } from "./page/mod.ts";
import { ServerJobs, type ServerJobsOptions } from "./jobs/mod.ts";
import { redirectToTls, RestService } from "./rest/mod.ts";
import { JobScheduler } from "./scheduling/mod.ts";
import { TaskRegistry } from "./tasks/mod.ts";
import { ServerWatch, type WatchOptions } from "./watching/mod.ts";

/** A refused login waits, to make guessing slow (spec: protocol.md §2.7). */
const UNAUTHORIZED_DELAY_MS = 3000;
const FORBIDDEN_DELAY_MS = 500;
/** How long tasks may go on when the server is to stop. */
const GRACE_MS = 30_000;
/** The client of an upgraded connection that has not answered for so long is gone. */
const SILENCE_MS = 300_000;
/**
 * Least pace of all uploads of a connection together: 546 bytes a second, less than half of what
 * a modem of 9600 bit/s does, so that a client whose link fails for a minute is not ended for it.
 */
const UPLOAD_PACE: MinimumPace = { stepBytes: 64 * 1024, withinMs: 120_000 };
/** Readers may be stopped for a while by programs that wait for what they read. */
const DOWNLOAD_PACE: MinimumPace = { stepBytes: 64 * 1024, withinMs: 600_000 };
/** Without a request, for clients that have logged in on the connection, and for others. */
const IDLE_MS = 600_000;
const STRANGER_IDLE_MS = 30_000;
const LOG_FOLDER_MODE = 0o750;

/** Parts and limits of a server. */
export interface BackupServerOptions {
  /** Address to listen on; loopback unless given. */
  readonly host?: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** Descriptor of a socket that listens already, from a service manager. */
  readonly descriptor?: number;
  /** Brings connections, such as those of vsock, instead of TCP. */
  readonly source?: ConnectionSource;
  readonly certificate: Pick<CertificateAndKey, "certificate" | "privateKey">;
  readonly datastores: readonly DatastoreConfig[];
  /** S3 endpoints that they refer to. */
  readonly endpoints?: readonly S3Endpoint[];
  readonly access: AccessControl;
  /** Folder of the access log and, in `tasks`, of task logs. */
  readonly logFolder: string;
  /** 32 hex digits that tell servers apart. */
  readonly instanceId: string;
  /**
   * Place and clock of jobs; they are in the log folder unless given. With a clock of its own, which
   * is for tests, the scheduler looks only when it is told to.
   */
  readonly jobs?: ServerJobsOptions;
  /** Told of what keeps jobs from being started. */
  readonly warned?: (problem: string) => void;
  /** Told of errors that are the server's own. */
  readonly failed?: (error: unknown) => void;
  /** Bytes that answers waiting for their readers may take together. Default 64 MiB. */
  readonly answerBytes?: number;
  /** Bytes that the page holds for its readers, beside these. Default 64 MiB. */
  readonly pageBytes?: number;
  /** Version of the program, which the page shows. */
  readonly version?: string;
  /** Connections at a time. Default 1000. */
  readonly maxConnections?: number;
  /** Place of the file of alerts; without it nobody is told anything. */
  readonly watch?: WatchOptions;
  /** How long refusals of credentials and privileges wait; for tests. */
  readonly delays?: { readonly unauthorizedMs: number; readonly forbiddenMs: number };
  /** How long clients are waited for; for tests. */
  readonly timeouts?: ServerTimeouts;
  /** Called before each REST request, which waits for it: brings what has changed into force. */
  readonly refresh?: () => Promise<void>;
}

/** How patient a server is with clients that are slow or say nothing. */
export interface ServerTimeouts extends Omit<ServeOptions, "idleTimeoutMs" | "largeHeads"> {
  /** Without a request, once somebody has logged in on the connection. Default 10 min. */
  readonly idleTimeoutMs?: number;
  /** Before that. Default 30 s. */
  readonly strangerIdleMs?: number;
  /** Time for the TLS handshake. Default 10 s. */
  readonly handshakeTimeoutMs?: number;
  /** For the client of an upgraded connection, to answer when it is asked. Default 5 min. */
  readonly silenceMs?: number;
  /** How fast bodies over HTTP/2 have to come. Default 64 KiB in 2 min. */
  readonly uploadPace?: MinimumPace;
  /** How fast they have to be taken. Default 64 KiB in 10 min. */
  readonly downloadPace?: MinimumPace;
  /** Time for a reader that takes nothing while others wait for its memory. Default 30 s. */
  readonly answerPatienceMs?: number;
}

/**
 * A running server: the REST API and, on upgraded connections, the backup and reader protocols over
 * local datastores (spec: protocol.md).
 */
export class BackupServer {
  readonly #state: ServerState;
  readonly #rest: RestService;
  readonly #metrics: MetricsService;
  readonly #watch: ServerWatch | undefined;
  readonly #requests = new RequestCounts();
  readonly #log: AccessLog;
  readonly #connections = new Set<Promise<void>>();
  readonly #idle = new IdleConnections();
  readonly #page: ServerPage;
  readonly #scheduler: JobScheduler;
  readonly #pageAnswers: AnswerBudget;
  /** Ends of connections within the process. */
  readonly #within = new Set<Duplex>();
  #listener: TlsListener | undefined;
  readonly #timeouts: ServerTimeouts;
  readonly #largeHeads = new LargeHeads();
  readonly #refresh: () => Promise<void>;
  #stopping = false;

  private constructor(options: BackupServerOptions) {
    const { logFolder, timeouts } = options;
    const paces = {
      receivePace: timeouts?.uploadPace ?? UPLOAD_PACE,
      sendPace: timeouts?.downloadPace ?? DOWNLOAD_PACE,
    };
    Deno.mkdirSync(`${logFolder}/api`, { recursive: true, mode: LOG_FOLDER_MODE });
    this.#log = new AccessLog(`${logFolder}/api/access.log`);
    this.#state = new ServerState({
      configs: options.datastores,
      configuredEndpoints: options.endpoints ?? [],
      refresh: options.refresh ?? (() => Promise.resolve()),
      access: options.access,
      tasks: new TaskRegistry(`${logFolder}/tasks`),
      jobs: new ServerJobs(options.jobs ?? { folder: `${logFolder}/jobs` }),
      inspector: UploadInspector.create(),
      uploads: new BodyBudget(),
      answers: new AnswerBudget(options.answerBytes, options.timeouts?.answerPatienceMs),
      upgraded: new UpgradedConnections({
        silenceMs: timeouts?.silenceMs ?? SILENCE_MS,
        ...paces,
      }),
      instanceId: options.instanceId,
      delays: options.delays ?? {
        unauthorizedMs: UNAUTHORIZED_DELAY_MS,
        forbiddenMs: FORBIDDEN_DELAY_MS,
      },
    });
    this.#timeouts = {
      sendPace: paces.sendPace,
      ...timeouts,
      http2: { idleTimeoutMs: STRANGER_IDLE_MS, ...paces, ...timeouts?.http2 },
    };
    this.#refresh = options.refresh ?? (() => Promise.resolve());
    const failed = options.failed ?? (() => {});
    this.#rest = new RestService(this.#state, failed);
    this.#scheduler = new JobScheduler(this.#state, {
      refresh: this.#refresh,
      ...options.warned === undefined ? {} : { report: options.warned },
    });
    this.#watch = options.watch && new ServerWatch(this.#state, options.watch);
    const version = options.version ?? "";
    this.#page = new ServerPage({ state: this.#state, version, failed });
    this.#metrics = new MetricsService({
      state: this.#state,
      requests: this.#requests,
      version,
      failed,
    });
    this.#pageAnswers = new AnswerBudget(options.pageBytes, timeouts?.answerPatienceMs);
  }

  /**
   * Starts to serve.
   *
   * @throws {ConnectionError} if the address cannot be bound.
   */
  static async start(options: BackupServerOptions): Promise<BackupServer> {
    const server = new BackupServer(options);
    try {
      await server.#watch?.prepare();
      server.#listener = await TlsListener.listen({
        port: options.port,
        certificate: options.certificate.certificate,
        privateKey: options.certificate.privateKey,
        ...options.host === undefined ? {} : { host: options.host },
        ...options.descriptor === undefined ? {} : { descriptor: options.descriptor },
        ...options.source === undefined ? {} : { source: options.source },
        ...options.maxConnections === undefined ? {} : { maxConnections: options.maxConnections },
        ...options.timeouts,
        acceptPlain: ({ duplex }) =>
          redirectToTls(duplex, { ...server.#timeouts, largeHeads: server.#largeHeads }),
      }, (accepted) => server.#accept(accepted));
    } catch (error) {
      options.source?.close();
      await server.#state[Symbol.asyncDispose]();
      throw error;
    }
    if (options.jobs?.now === undefined) server.#scheduler.start();
    server.#watch?.start();
    return server;
  }

  /** The port that was bound. */
  get port(): number {
    return this.#listener!.port;
  }

  /** Scheduler of its jobs, for those who embed the server. */
  get scheduler(): JobScheduler {
    return this.#scheduler;
  }

  /** Whoever tells people what happens, for those who embed the server. */
  get watch(): ServerWatch | undefined {
    return this.#watch;
  }

  /** State that the calls share, for those who embed the server. */
  get state(): ServerState {
    return this.#state;
  }

  /**
   * Stops: accepts nothing new, lets running tasks finish for a while, ends what is left. Backups
   * that did not finish leave nothing behind.
   *
   * @param graceMs How long tasks may go on.
   */
  async stop(graceMs: number = GRACE_MS): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#listener?.stop();
    await this.#scheduler.stop();
    this.#idle.abort();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => timer = setTimeout(resolve, graceMs));
    await Promise.race([this.#state.tasks.idle(), late]);
    clearTimeout(timer);
    for (const { task } of this.#state.tasks.running) this.#state.tasks.abort(task.upid);
    await this.#state.tasks.idle();
    await this.#state.jobs.idle();
    await this.#watch?.stop();
    this.#listener?.close();
    this.#state.stop();
    for (const duplex of this.#within) duplex.abort();
    await this.#page[Symbol.asyncDispose]();
    await Promise.allSettled(this.#connections);
    await this.#log.flush();
    await this.#state[Symbol.asyncDispose]();
  }

  /** Stops immediately. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop(0);
  }

  #accept(accepted: AcceptedConnection): void {
    const { remoteAddress } = accepted;
    const duplex = new MeasuredDuplex(accepted.duplex);
    if (this.#stopping) return duplex.abort();
    const reader = readerOf(duplex, remoteAddress, accepted.ended);
    const answers = this.#state.answers.of(reader);
    const connection = new ServerConnection(duplex.peer, remoteAddress, answers, accepted.keep);
    const page: PageConnection = {
      connection,
      answers: this.#pageAnswers.of(reader),
      connect: () => Promise.resolve(this.#connectWithin(connection)),
    };
    this.#idle.add(accepted);
    const served = serveConnection(duplex, async (request) => {
      this.#idle.begin(accepted);
      try {
        const response = await this.#answer(request, connection, page);
        if ("upgrade" in response) this.#idle.remove(accepted);
        return response;
      } finally {
        this.#idle.end(accepted);
      }
    }, {
      ...this.#timeouts,
      idleTimeoutMs: () => {
        const { idleTimeoutMs = IDLE_MS, strangerIdleMs = STRANGER_IDLE_MS } = this.#timeouts;
        return connection.isClientKnown ? idleTimeoutMs : Math.min(idleTimeoutMs, strangerIdleMs);
      },
      largeHeads: this.#largeHeads,
    }).finally(() => {
      this.#idle.remove(accepted);
      connection.end();
      this.#connections.delete(served);
    });
    this.#connections.add(served);
  }

  /** A connection of the page to this same server, for the address of a browser's. */
  #connectWithin({ peer, remoteAddress }: ServerConnection): Duplex {
    const [near, far] = memoryDuplexPair();
    const duplex = new MeasuredDuplex(far);
    const ended = new AbortController();
    const answers = this.#state.answers.of(readerOf(duplex, remoteAddress, ended.signal));
    const connection = new ServerConnection(peer, remoteAddress, answers, () => {});
    this.#within.add(duplex);
    const served = serveConnection(
      duplex,
      (request) => this.#answer(request, connection),
      this.#timeouts,
    ).finally(() => {
      ended.abort();
      connection.end();
      this.#within.delete(duplex);
      this.#connections.delete(served);
    });
    this.#connections.add(served);
    return near;
  }

  /** @param page Absent on connections within the process: it does not ask itself. */
  async #answer(request: IncomingRequest, connection: ServerConnection, page?: PageConnection) {
    await this.#refresh();
    const { response, authId } = page !== undefined && ServerPage.isFor(request)
      ? await this.#page.answer(request, page)
      : MetricsService.isFor(request)
      ? await this.#metrics.answer(request, connection)
      : await this.#rest.answer(request, connection);
    const status = "upgrade" in response ? 101 : response.status;
    this.#requests.add(request.method, status);
    const body = "upgrade" in response ? undefined : response.body;
    const sizeBytes = body instanceof Uint8Array ? body.length : 0;
    this.#log.add({ peer: connection.peer, authId, request, status, sizeBytes });
    return response;
  }
}

function readerOf(
  duplex: MeasuredDuplex,
  remoteAddress: string,
  ended: AbortSignal,
): AnswerReader {
  return {
    remoteAddress,
    get takenBytes() {
      return duplex.takenBytes;
    },
    ended,
    abort: (reason) => duplex.abort(reason),
  };
}

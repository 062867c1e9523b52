import { ServerError } from "../../errors/mod.ts";
import type { HeaderField, IncomingRequest, OutgoingResponse } from "../../http/mod.ts";
import { type MetricFamily, METRICS_CONTENT_TYPE, renderMetrics } from "../../metrics/mod.ts";
import { namespaceAclPath, readCredentials } from "../access/mod.ts";
import { refusalFor, refusalResponse, successResponse } from "../api/mod.ts";
import type { ServerConnection, ServerState } from "../state/mod.ts";
import { type DatastoreFacts, datastoreFacts } from "./datastore_facts.ts";
import { datastoreFamilies, gauge, taskFamilies } from "./metric_families.ts";
import type { RequestCounts } from "./request_counts.ts";
import { taskFacts } from "./task_facts.ts";

/** Datastores are looked at no more often, milliseconds. */
const LEAST_CACHE_MS = 30_000;
/** They take no more than this part of the time to look at. */
const SHARE = 20;
const TEXT_TYPE = "text/plain; charset=utf-8";

/** Everything that is shown beside the state of the server. */
export interface MetricsOptions {
  readonly state: ServerState;
  readonly requests: RequestCounts;
  /** Version of the program. */
  readonly version: string;
  /** Told of errors that are nobody's fault but ours. */
  readonly failed: (error: unknown) => void;
}

/** A response, and who asked for it. */
export interface MetricsResult {
  readonly response: OutgoingResponse;
  /** Empty if nobody was identified. */
  readonly authId: string;
}

/** Facts about all datastores, of one moment. */
interface Facts {
  readonly stores: readonly DatastoreFacts[];
  readonly unavailable: readonly string[];
  readonly at: number;
  readonly until: number;
}

/**
 * Answers collectors of metrics. Who may audit the system sees the server and its tasks, who may audit
 * a datastore or a namespace sees that. What costs time is looked at now and then, for all collectors
 * together.
 */
export class MetricsService {
  readonly #options: MetricsOptions;
  readonly #startedAt = Date.now();
  #facts: Promise<Facts> | undefined;
  #until = 0;

  constructor(options: MetricsOptions) {
    this.#options = options;
  }

  /** Whether a request is for metrics. */
  static isFor({ method, target }: IncomingRequest): boolean {
    return method === "GET" && (target === "/metrics" || target.startsWith("/metrics?"));
  }

  /** Answers a request; never throws. */
  async answer(request: IncomingRequest, connection: ServerConnection): Promise<MetricsResult> {
    const { state, failed } = this.#options;
    let authId = "";
    try {
      authId = await this.#authenticate(request, connection);
      const isOpen = request.headers.get("accept")?.includes("application/openmetrics-text");
      const format = isOpen ? "openmetrics" : "prometheus";
      const text = renderMetrics(await this.#families(authId), format);
      const response = await successResponse(request, {
        raw: new TextEncoder().encode(text),
        contentType: METRICS_CONTENT_TYPE[format],
      }, connection.answers);
      return { response, authId };
    } catch (error) {
      const { status, text } = refusalFor(error);
      if (status === 500) failed(error);
      if (status === 401) await state.delay(state.delays.unauthorizedMs);
      if (status === 403) await state.delay(state.delays.forbiddenMs);
      const headers: HeaderField[] = status === 429 || status === 503 ? [["retry-after", "5"]] : [];
      return { response: refusalResponse(status, text, TEXT_TYPE, headers), authId };
    }
  }

  async #authenticate(request: IncomingRequest, connection: ServerConnection): Promise<string> {
    const { access } = this.#options.state;
    const credentials = readCredentials(request.headers);
    const authId = credentials &&
      await access.authenticate(credentials, request.method, connection.remoteAddress);
    if (authId === undefined) throw new ServerError(401, "authentication failed");
    connection.clientKnown();
    const mayAny = this.#mayAuditServer(authId) ||
      access.rules.hasAnyAtOrBelow(authId, "/datastore", ["Datastore.Audit"]);
    if (!mayAny) throw new ServerError(403, "permission check failed");
    return authId;
  }

  #mayAuditServer(authId: string): boolean {
    return this.#options.state.access.rules.hasAny(authId, "/system/status", ["Sys.Audit"]);
  }

  async #families(authId: string): Promise<MetricFamily[]> {
    const { state, requests, version } = this.#options;
    const { rules } = state.access;
    const facts = await this.#currentFacts();
    const families = datastoreFamilies(
      facts.stores,
      (store, namespace) =>
        rules.hasAny(authId, namespaceAclPath(store, namespace), ["Datastore.Audit"]),
    );
    if (!this.#mayAuditServer(authId)) return families;
    const now = Date.now();
    const names = new Set(state.configs.map(({ name }) => name));
    return [
      {
        name: "pbs_server",
        type: "info",
        help: "The server.",
        samples: [{ labels: { version }, value: 1 }],
      },
      one("pbs_server_start_timestamp_seconds", "When it started.", this.#startedAt / 1000),
      one("pbs_server_uptime_seconds", "Since when it runs.", (now - this.#startedAt) / 1000),
      one(
        "pbs_server_facts_age_seconds",
        "Since datastores were looked at.",
        (now - facts.at) / 1000,
      ),
      {
        ...gauge("pbs_datastore_up", "Whether a datastore can be read."),
        samples: [...names].map((datastore) => ({
          labels: { datastore },
          value: facts.unavailable.includes(datastore) ? 0 : 1,
        })),
      },
      {
        name: "pbs_http_requests",
        type: "counter",
        help: "Requests that were answered.",
        samples: requests.samples(),
      },
      ...taskFamilies(taskFacts(state.tasks.list(), names)),
      ...families,
    ];
  }

  /** The facts, looked at by one caller for all. */
  #currentFacts(): Promise<Facts> {
    if (this.#facts !== undefined && Date.now() < this.#until) return this.#facts;
    // Nobody else looks until this is done.
    this.#until = Infinity;
    this.#facts = this.#look().then((facts) => {
      this.#until = facts.until;
      return facts;
    }, (error) => {
      this.#until = 0;
      throw error;
    });
    return this.#facts;
  }

  async #look(): Promise<Facts> {
    const { state } = this.#options;
    const at = Date.now();
    const stores: DatastoreFacts[] = [];
    const unavailable: string[] = [];
    for (const { name } of state.configs) {
      try {
        stores.push(await datastoreFacts(state, name));
      } catch {
        // A disk that is not there; the others are told of all the same.
        unavailable.push(name);
      }
    }
    const took = Date.now() - at;
    return { stores, unavailable, at, until: at + took + Math.max(LEAST_CACHE_MS, took * SHARE) };
  }
}

function one(name: string, help: string, value: number): MetricFamily {
  return { ...gauge(name, help), samples: [{ value }] };
}

import { ConnectionError } from "../errors/mod.ts";
import type { IncomingRequest, OutgoingResponse } from "../http/mod.ts";
import * as actions from "./_actions.ts";
import { sendContent } from "./_content_requests.ts";
import { sendDownload } from "./_download_request.ts";
import { GrowthMeasurements } from "./growth_measurements.ts";
import { listJobs, runJob } from "./_job_requests.ts";
import * as lists from "./_lists.ts";
import { PageParameters } from "./_page_parameters.ts";
import { PageError } from "./_refusal.ts";
import { jsonResponse } from "./_response.ts";
import { searchNames } from "./_search.ts";
import { listTasks, showTask, stopTask } from "./_task_requests.ts";
import { listArchives, listEntries, showEntry } from "./_tree_requests.ts";
import { listVersions } from "./_versions.ts";
import type { OpenedSnapshot } from "./opened_snapshot.ts";
import { type Lease, OpenedSnapshots, type OpenedSnapshotsOptions } from "./opened_snapshots.ts";
import type { PageCaller } from "./page_source.ts";

/** Memory that a short look into a snapshot takes, beside what stays open. */
const LOOK_BYTES = 2 * 1024 * 1024;
/** The same for what is sent piece by piece. */
const STREAM_BYTES = 6 * 1024 * 1024;

/** A request on its way. */
interface Call {
  readonly caller: PageCaller;
  readonly parameters: PageParameters;
  readonly request: IncomingRequest;
  readonly snapshots: OpenedSnapshots;
  readonly growth: GrowthMeasurements;
}

type Handler = (call: Call) => Promise<unknown>;
/** A handler that looks into one snapshot. */
type Look = (opened: OpenedSnapshot, call: Call) => Promise<unknown> | unknown;
/** A handler whose answer is sent while it is read. */
type Stream = (opened: OpenedSnapshot, call: Call) => Promise<OutgoingResponse>;

/** Requests that only look. */
const LISTS: Readonly<Record<string, Handler>> = {
  "stores": ({ caller }) => lists.listStores(caller.source),
  "growth": async ({ caller, parameters, request, growth }) => {
    using _held = await caller.hold(STREAM_BYTES, request.signal);
    return await growth.measure(caller, parameters.text("store"), request.signal);
  },
  "namespaces": async ({ caller, parameters }) =>
    await lists.listNamespaces(await accessOf(caller, parameters)),
  "groups": async ({ caller, parameters }) =>
    await lists.listGroups(await accessOf(caller, parameters), parameters),
  "snapshots": async ({ caller, parameters }) =>
    await lists.listSnapshots(await accessOf(caller, parameters), parameters),
  "notes": async ({ caller, parameters }) =>
    await lists.showNotes(await accessOf(caller, parameters), parameters),
  "tasks": ({ caller, parameters }) => listTasks(caller.source, parameters),
  "jobs": ({ caller, parameters }) => listJobs(caller.source, parameters),
  "task": ({ caller, parameters }) => showTask(caller.source, parameters),
  "archives": looking((opened) => listArchives(opened)),
  "entries": looking((opened, { parameters }) => listEntries(opened, parameters)),
  "entry": looking((opened, { parameters }) => showEntry(opened, parameters)),
  "search": looking((opened, { parameters, request }) =>
    searchNames(opened, parameters, request.signal)
  ),
  "versions": async ({ caller, snapshots, parameters, request }) => {
    using _held = await caller.hold(LOOK_BYTES, request.signal);
    return await listVersions(caller, snapshots, parameters, request.signal);
  },
};

/** Requests that are answered with bytes. */
const STREAMS: Readonly<Record<string, Stream>> = {
  "content": (opened, { parameters, request }) => sendContent(opened, parameters, request),
  "download": (opened, { parameters, request }) => sendDownload(opened, parameters, request),
};

/** Requests that change something, or may. */
const ACTIONS: Readonly<Record<string, Handler>> = {
  "task-stop": ({ caller, parameters }) => stopTask(caller.source, parameters),
  "set-notes": ({ caller, snapshots, parameters }) =>
    actions.setNotes(caller.source, snapshots, parameters),
  "protect": ({ caller, snapshots, parameters }) =>
    actions.protect(caller.source, snapshots, parameters),
  "verify": ({ caller, parameters }) => actions.verify(caller.source, parameters),
  "prune-preview": ({ caller, parameters }) => actions.previewPrune(caller.source, parameters),
  "prune": ({ caller, snapshots, parameters }) =>
    actions.prune(caller.source, snapshots, parameters),
  "forget": ({ caller, snapshots, parameters }) =>
    actions.forget(caller.source, snapshots, parameters),
  "job-run": ({ caller, parameters }) => runJob(caller.source, parameters),
  "gc": ({ caller, parameters }) => actions.collectGarbage(caller.source, parameters),
};

/**
 * Answers what the page asks for (`page_api.ts`), whoever serves it. Who asks, and that a change was
 * meant, has been made sure of before.
 */
export class PageService implements AsyncDisposable {
  readonly #snapshots: OpenedSnapshots;
  readonly #growth = new GrowthMeasurements();

  constructor(options: OpenedSnapshotsOptions = {}) {
    this.#snapshots = new OpenedSnapshots(options);
  }

  /** Whether a request of that name has to show that it was meant. */
  static isAction(name: string): boolean {
    return Object.hasOwn(ACTIONS, name);
  }

  /**
   * Answers a request.
   *
   * @param name Of the path, after `/page/`.
   * @param query Without `?`.
   * @throws whatever is to be told as a refusal.
   */
  async answer(
    name: string,
    query: string,
    request: IncomingRequest,
    caller: PageCaller,
  ): Promise<OutgoingResponse> {
    const isAction = PageService.isAction(name);
    const isKnown = isAction || Object.hasOwn(LISTS, name) || Object.hasOwn(STREAMS, name);
    if (!isKnown) throw new PageError("not-found", "the page knows no such request");
    if (request.method !== (isAction ? "POST" : "GET")) {
      throw new PageError("bad-request", `the method ${request.method} is not for this request`);
    }
    const parameters = isAction
      ? await PageParameters.ofBody(request)
      : PageParameters.ofQuery(query);
    const call = {
      caller,
      parameters,
      request,
      snapshots: this.#snapshots,
      growth: this.#growth,
    };
    if (Object.hasOwn(STREAMS, name)) return await this.#stream(STREAMS[name]!, call);
    const handler = isAction ? ACTIONS[name]! : LISTS[name]!;
    return jsonResponse(await handler(call));
  }

  /** Closes what is open of a session that has ended. */
  endSession(sessionKey: string): void {
    this.#snapshots.endSession(sessionKey);
    this.#growth.endSession(sessionKey);
  }

  /** Closes what is open. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#snapshots[Symbol.asyncDispose]();
  }

  /** The snapshot stays open, and its memory counted, until the last byte was taken. */
  async #stream(handler: Stream, call: Call): Promise<OutgoingResponse> {
    await using stack = new AsyncDisposableStack();
    stack.use(await call.caller.hold(STREAM_BYTES, call.request.signal));
    const lease = stack.use(await this.#snapshots.lease(call.caller, placeOf(call.parameters)));
    const response = await giveUpLost(lease, () => handler(lease.opened, call));
    const { body } = response;
    const held = stack.move();
    return {
      ...response,
      ...(body !== undefined && Symbol.asyncIterator in body ? { body: watched(lease, body) } : {}),
      released: () => void held.disposeAsync(),
    };
  }
}

async function* watched(
  lease: Lease,
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const parts = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { value, done } = await giveUpLost(lease, () => parts.next());
      if (done) return;
      yield value;
    }
  } finally {
    await parts.return?.();
  }
}

/** Reads; has the next request open anew what a lost connection belongs to. */
async function giveUpLost<T>(lease: Lease, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ConnectionError) lease.giveUp();
    throw error;
  }
}

function looking(look: Look): Handler {
  return async (call) => {
    const { caller, parameters, request, snapshots } = call;
    using _held = await caller.hold(LOOK_BYTES, request.signal);
    return await snapshots.use(
      caller,
      placeOf(parameters),
      async (opened) => await look(opened, call),
    );
  };
}

async function accessOf({ source }: PageCaller, parameters: PageParameters) {
  return await source.access(parameters.text("store"));
}

function placeOf(parameters: PageParameters) {
  const { namespace, snapshot } = parameters;
  return { store: parameters.text("store"), namespace, snapshot };
}

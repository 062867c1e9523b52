import type { Duplex } from "../../duplex/mod.ts";
import type { HeaderField } from "../../http/mod.ts";
import type {
  ListedJob,
  ListedStore,
  PageJobKind,
  PageJobSource,
  PageSource,
  PageStoreAccess,
} from "../../page/mod.ts";
import { openRemoteRepository } from "../../remote/mod.ts";
import { RestClient } from "../../rest/mod.ts";

/** Name that requests within the process are sent to; nobody looks at it. */
const AUTHORITY = "localhost";
const KEY_ADVICE = "the contents are encrypted, and the key is with the client: " +
  '"pbs-client browse" shows them there';

const KINDS = ["gc", "prune", "sync", "verify"] as const;

/** A job as the REST interface lists it. */
interface JobMembers {
  readonly id?: string;
  readonly store: string;
  readonly ns?: string;
  readonly schedule?: string;
  readonly comment?: string;
  readonly disable?: boolean;
  readonly "next-run"?: number;
  readonly "last-run-upid"?: string;
  readonly "last-run-endtime"?: number;
  readonly "last-run-state"?: string;
}

function listedJob(kind: PageJobKind, members: JobMembers): ListedJob {
  const { id, store, ns = "", schedule, comment, disable = false } = members;
  const { "next-run": next, "last-run-upid": upid } = members;
  const { "last-run-endtime": end, "last-run-state": status } = members;
  return {
    kind,
    store,
    namespace: ns,
    isDisabled: disable,
    ...id === undefined ? {} : { id },
    ...schedule === undefined ? {} : { schedule },
    ...comment === undefined ? {} : { comment },
    ...next === undefined ? {} : { next },
    ...upid === undefined ? {} : { upid },
    ...end === undefined ? {} : { end },
    ...status === undefined ? {} : { status },
  };
}

/** Who asks, and how requests get to the server. */
export interface WithinServer {
  readonly authId: string;
  /** Fields of the ticket that came with the request. */
  readonly fields: readonly HeaderField[];
  /** Makes a connection to this server within the process. */
  readonly connect: () => Promise<Duplex>;
}

/** The datastores of a server as a logged-in user sees them, for the time of a request. */
export class ServerPageSource implements PageSource, AsyncDisposable {
  readonly #within: WithinServer;
  readonly #client: RestClient;
  readonly #opened = new Map<string, ReturnType<typeof openRemoteRepository>>();

  constructor(within: WithinServer) {
    this.#within = within;
    this.#client = new RestClient({
      connect: within.connect,
      authority: AUTHORITY,
      authentication: () => within.fields,
    });
  }

  /** See {@linkcode PageSource.listStores}. */
  async listStores(): Promise<ListedStore[]> {
    const { data } = await this.#client.call("GET", "admin/datastore");
    return (data as Record<string, string | null | undefined>[]).map((listed) => ({
      store: listed.store!,
      name: listed.store!,
      ...(listed.comment ? { comment: listed.comment } : {}),
      ...(listed["backend-type"] === "s3" ? { isInBucket: true as const } : {}),
      ...(listed.maintenance ? { maintenance: listed.maintenance } : {}),
    }));
  }

  /** See {@linkcode PageSource.jobs}. */
  readonly jobs: PageJobSource = {
    list: async () => {
      const lists = await Promise.all(KINDS.map(async (kind) => {
        const { data } = await this.#client.call("GET", `admin/${kind}`);
        return (data as JobMembers[]).map((members) => listedJob(kind, members));
      }));
      // Collections are there for every datastore, and say nothing where they are never run.
      return lists.flat().filter(({ kind, schedule }) => kind !== "gc" || schedule !== undefined);
    },
    run: async (kind, store, id) => {
      const path = kind === "gc"
        ? `admin/datastore/${encodeURIComponent(store)}/gc`
        : `admin/${kind}/${encodeURIComponent(id)}/run`;
      return (await this.#client.call("POST", path)).data as string;
    },
  };

  /** See {@linkcode PageSource.access}. */
  async access(store: string): Promise<PageStoreAccess> {
    const { authId, connect, fields } = this.#within;
    const opening = this.#opened.get(store) ?? openRemoteRepository({
      address: { kind: "server", authId, host: AUTHORITY, datastore: store },
      connect,
      authentication: () => fields,
    });
    this.#opened.set(store, opening);
    const repository = await opening;
    return {
      repository,
      tasks: repository.tasks,
      authId,
      keyAdvice: KEY_ADVICE,
      indexes: {
        openSnapshot: (namespace, snapshot) =>
          Promise.resolve(repository.openFiles(namespace, snapshot)),
      },
      privileges: (namespace) => repository.privileges(namespace),
      confirmReadable: (namespace, snapshot) => repository.confirmReadable(namespace, snapshot),
    };
  }

  /** Ends its connections; snapshots that were opened stay open. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client.close();
    for (const opening of this.#opened.values()) {
      await (await opening)[Symbol.asyncDispose]();
    }
  }
}

import type { CryptConfig } from "../crypto/mod.ts";
import type {
  BackupSnapshot,
  ListTasks,
  PruneRequest,
  Repository,
  TaskInfo,
  TaskLogPart,
  VerifyRequest,
} from "../repository/mod.ts";

/** A datastore in a list. */
export interface ListedStore {
  /** Key in requests. */
  readonly store: string;
  /** Name for people. */
  readonly name: string;
  readonly comment?: string;
  /** Whether its data is in a bucket of an object store. */
  readonly isInBucket?: true;
  /** Why it cannot be used, or only be read. */
  readonly maintenance?: string;
}

/** Long work on a datastore: a server's, or that of this process. */
export interface PageTaskSource {
  /** Tasks that may be seen, newest first. */
  list(which: ListTasks): Promise<TaskInfo[]>;
  /** @param from Number of the first line wanted, counted from 0. */
  readLog(upid: string, from: number, limit: number): Promise<TaskLogPart>;
  stop(upid: string): Promise<void>;
  /** All that follow start a task. @returns Its UPID. */
  startGarbageCollection(): Promise<string>;
  startVerification(request: VerifyRequest): Promise<string>;
  startPrune(request: PruneRequest): Promise<string>;
}

/** A datastore as somebody may use it. */
export interface PageStoreAccess {
  readonly repository: Repository;
  readonly tasks: PageTaskSource;
  /** Whose groups are one's own; absent where everything may be done. */
  readonly authId?: string | undefined;
  /** The key that decrypts; absent if it is not here. */
  readonly crypt?: CryptConfig | undefined;
  /** Advice on contents that are encrypted with a key that is not here. */
  readonly keyAdvice: string;
  /** Place where indexes are read to be counted; absent where that would cost too much. */
  readonly indexes?: Pick<Repository, "openSnapshot"> | undefined;
  /** Privileges on a namespace; undefined where everything may be done. */
  privileges(namespace: string): Promise<ReadonlySet<string> | undefined>;
  /**
   * Asks anew whether contents may be read that are open already.
   *
   * @throws as opening them would.
   */
  confirmReadable(namespace: string, snapshot: BackupSnapshot): Promise<void>;
}

/** Kind of a job. */
export type PageJobKind = "gc" | "prune" | "sync" | "verify";

/** A job of a server. */
export interface ListedJob {
  readonly kind: PageJobKind;
  /** Its name; absent for the collection of a datastore's garbage. */
  readonly id?: string;
  readonly store: string;
  readonly namespace: string;
  readonly schedule?: string;
  readonly comment?: string;
  readonly isDisabled: boolean;
  /** Seconds since the epoch. */
  readonly next?: number;
  /** Task of the last run. */
  readonly upid?: string;
  /** Its end, seconds since the epoch; absent while it runs. */
  readonly end?: number;
  /** Text of its end; absent while it runs. */
  readonly status?: string;
}

/** Jobs that a server runs by a schedule. */
export interface PageJobSource {
  /** Those that may be seen. */
  list(): Promise<ListedJob[]>;
  /** Starts one. @returns UPID of the task. */
  run(kind: PageJobKind, store: string, id: string): Promise<string>;
}

/** The datastores of somebody who looks at the page. */
export interface PageSource {
  /** Absent where nothing runs by a schedule. */
  readonly jobs?: PageJobSource;
  listStores(): Promise<ListedStore[]>;
  /** @throws {NotFoundError} if there is no such datastore. */
  access(store: string): Promise<PageStoreAccess>;
}

/** Somebody who looks at the page, for the time of one request. */
export interface PageCaller {
  readonly source: PageSource;
  /** Text by which sessions are told apart: what one has open is not used for another. */
  readonly sessionKey: string;
  /**
   * Counts memory before it is used; waits until there is room.
   *
   * @throws {CancelledError} if the signal came before there was.
   */
  hold(sizeBytes: number, signal: AbortSignal): Promise<Disposable>;
}

import type { ObjectStore } from "../s3/mod.ts";
import { Candidates } from "./_candidates.ts";
import type { SharedKeys } from "./_keys.ts";
import { requireListed } from "./_require_listed.ts";
import { requireSharedPrefix } from "./prefix_owner.ts";
import { WriterSession } from "./_session.ts";
import { listSharedState } from "./_state.ts";

/** A session, and what its writer has to know of the collection that it began beside. */
export interface OpenSession {
  readonly session: WriterSession;
  readonly candidates: Candidates;
}

/** How sessions are made. */
export interface WritersOptions {
  readonly store: ObjectStore;
  readonly keys: SharedKeys;
  readonly leaseSeconds: number;
  /** Called when a session has begun, before anything relies on it. */
  readonly onBegin: () => Promise<void>;
  readonly pollMs?: number | undefined;
}

/** The session of this process in a store: begun when something needs it, ended when nothing does. */
export class Writers implements AsyncDisposable {
  readonly #options: WritersOptions;
  #users = 0;
  #opening: Promise<OpenSession> | undefined;
  #ending: Promise<void> = Promise.resolve();
  #opened: OpenSession | undefined;

  constructor(options: WritersOptions) {
    this.#options = options;
  }

  /** Clears up when the last user of a session has gone, before that ends. */
  beforeEnd: () => Promise<void> = () => Promise.resolve();

  /** The session that is open now. */
  get current(): OpenSession | undefined {
    return this.#opened;
  }

  /**
   * Takes part in the session until the result is disposed.
   *
   * @throws {ConflictError} if the prefix belongs to a server.
   */
  async join(): Promise<OpenSession & Disposable> {
    this.#users++;
    try {
      this.#opening ??= this.#open();
      const opened = await this.#opening;
      let left = false;
      return {
        ...opened,
        [Symbol.dispose]: () => {
          if (!left) this.#leave();
          left = true;
        },
      };
    } catch (error) {
      this.#opening = undefined;
      this.#users--;
      throw error;
    }
  }

  async #open(): Promise<OpenSession> {
    await this.#ending;
    const { store, keys, leaseSeconds, onBegin, pollMs } = this.#options;
    await requireSharedPrefix(store, keys);
    // Before anything is looked at that is relied on.
    const session = await WriterSession.begin(store, keys, leaseSeconds);
    try {
      const [state] = await Promise.all([listSharedState(store, keys), onBegin()]);
      const isListed = state.sessions.some(({ id }) => id === session.id);
      await requireListed(store, keys.session(session.id), isListed);
      const candidates = new Candidates({ store, keys, session, leaseSeconds, pollMs }, state);
      return this.#opened = { session, candidates };
    } catch (error) {
      await session.end().catch(() => {});
      throw error;
    }
  }

  #leave(): void {
    this.#users--;
    if (this.#users > 0 || this.#opened === undefined) return;
    const { session } = this.#opened;
    this.#opened = undefined;
    this.#opening = undefined;
    // What cannot be removed expires.
    this.#ending = this.beforeEnd().catch(() => {}).then(() => session.end()).catch(() => {});
  }

  /** Waits until sessions have ended that nobody uses any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#ending;
  }
}

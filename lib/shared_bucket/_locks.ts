import { setTimeout as delay } from "node:timers/promises";
import { LockedError } from "../errors/mod.ts";
import { namespaceComponents } from "../repository/mod.ts";
import type { DatastoreLocks, HeldLock } from "../datastore/mod.ts";
import type { ObjectStore } from "../s3/mod.ts";
import { endEarly } from "./_end_early.ts";
import { fenceSession } from "./_fence.ts";
import type { SharedKeys } from "./_keys.ts";
import { textOf } from "./_put_once.ts";
import { requireListed } from "./_require_listed.ts";
import { describeOwner, parseSessionOwner } from "./_session_owner.ts";
import { listAll, listSharedState, type SeenSession } from "./_state.ts";
import type { Writers } from "./_writers.ts";

/** Of two that claim at once both may see the other: they try again at times of their own. */
const TRIES = 3;
const RETRY_MS = 400;
const MANIFEST_LOCK = "/.index.json.lck";

/** Parts that locks are made of. */
export interface SharedLocksOptions {
  readonly store: ObjectStore;
  readonly keys: SharedKeys;
  readonly writers: Writers;
  readonly leaseSeconds: number;
  readonly retryMs?: number | undefined;
  /** Looks anew at what lies below a folder: somebody else may have changed it before the lock was had. */
  readonly refresh: (folder: string) => Promise<void>;
}

/**
 * Locks as claims in the store: who claims writes first and then looks who else has (docs/internals/
 * shared-bucket.md "Locks"). Readers are kept apart from writers within this process only: a key that may
 * only read claims nothing.
 */
export class SharedLocks implements DatastoreLocks {
  readonly #options: SharedLocksOptions;
  readonly #held = new Map<string, { shared: number; exclusive: boolean }>();
  readonly #releases = new Set<Promise<void>>();

  constructor(options: SharedLocksOptions) {
    this.#options = options;
  }

  /** See {@linkcode DatastoreLocks.acquire}. */
  async acquire(
    namespace: string,
    name: string,
    mode: "shared" | "exclusive",
    waitMs = 0,
  ): Promise<HeldLock> {
    const path = [...namespaceComponents(namespace).map((part) => `ns/${part}`), name].join("/");
    const local = this.#take(path, mode, name);
    if (mode === "shared") return local;
    using held = new DisposableStack();
    held.use(local);
    const isCovered = name.endsWith(MANIFEST_LOCK) &&
      this.#held.get(path.slice(0, -MANIFEST_LOCK.length))?.exclusive === true;
    if (!isCovered) held.use(await this.#claim(path, name, waitMs));
    return held.move();
  }

  /** Waits until claims that were given back are removed. */
  async settle(): Promise<void> {
    await Promise.all(this.#releases);
  }

  #take(path: string, mode: "shared" | "exclusive", name: string): HeldLock {
    const held = this.#held.get(path) ?? { shared: 0, exclusive: false };
    if (held.exclusive || mode === "exclusive" && held.shared > 0) throw lockedBy(name);
    if (mode === "exclusive") held.exclusive = true;
    else held.shared++;
    this.#held.set(path, held);
    return once(() => {
      if (mode === "exclusive") held.exclusive = false;
      else held.shared--;
      if (!held.exclusive && held.shared === 0) this.#held.delete(path);
    });
  }

  async #claim(path: string, name: string, waitMs: number): Promise<HeldLock> {
    const { store, keys, writers, refresh, retryMs = RETRY_MS } = this.#options;
    const joined = await writers.join();
    const folder = `${keys.locks}${path}/@/`;
    const key = folder + joined.session.id;
    const deadline = Date.now() + waitMs;
    let holder: SeenSession | undefined;
    for (let attempt = 1;; attempt++) {
      try {
        joined.session.check();
        await store.put(key, textOf({ host: Deno.hostname(), pid: Deno.pid }));
        holder = await this.#findHolder(folder, key);
        if (holder === undefined) {
          const lock = name.replace(MANIFEST_LOCK, "");
          await refresh(path.slice(0, path.length - name.length) + lock);
          return once(() => this.#release(key, joined));
        }
        await store.remove(key);
      } catch (error) {
        joined[Symbol.dispose]();
        throw error;
      }
      if (attempt >= TRIES && Date.now() >= deadline) {
        joined[Symbol.dispose]();
        throw lockedBy(name, holder && await this.#describe(holder));
      }
      await delay(retryMs * (0.5 + Math.random()));
    }
  }

  /** The session of somebody who lives and has claimed the same. */
  async #findHolder(folder: string, own: string): Promise<SeenSession | undefined> {
    const { store, keys, leaseSeconds } = this.#options;
    const all = await listAll(store, folder);
    const others = all.filter(({ object }) => object.key !== own);
    await requireListed(store, own, others.length < all.length);
    if (others.length === 0) return undefined;
    const state = await listSharedState(store, keys);
    for (const { object } of others) {
      const id = object.key.slice(folder.length);
      const session = state.sessions.find((each) => each.id === id);
      if (session !== undefined) {
        if (session.age > leaseSeconds) await fenceSession(store, keys, id, state);
        else if (!await endEarly(store, keys, id)) return session;
      }
      await store.remove(object.key);
    }
    return undefined;
  }

  async #describe({ id, age }: SeenSession): Promise<string> {
    const { store, keys, leaseSeconds } = this.#options;
    const found = await store.get(keys.session(id));
    const owner = parseSessionOwner(found?.content ?? new Uint8Array());
    return `${
      describeOwner(owner, age, leaseSeconds)
    }, then run this again; on its own machine it is ` +
      "at once if it was killed before it began to change snapshots";
  }

  #release(key: string, joined: Disposable): void {
    const release = this.#options.store.remove(key)
      // Without its session a claim means nothing.
      .catch(() => {}).finally(() => joined[Symbol.dispose]());
    this.#releases.add(release);
    release.finally(() => this.#releases.delete(release));
  }
}

function lockedBy(name: string, holder?: string): LockedError {
  const by = holder === undefined ? "" : ` (${holder})`;
  return new LockedError(`"${name}" is locked: it is being used by another task${by}`);
}

function once(action: () => void): HeldLock {
  let done = false;
  return {
    [Symbol.dispose]() {
      if (!done) action();
      done = true;
    },
  };
}

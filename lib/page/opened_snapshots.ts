import { ConnectionError } from "../errors/mod.ts";
import { type BackupGroup, formatGroupPath, type PlacedSnapshot } from "../repository/mod.ts";
import { OpenedSnapshot } from "./opened_snapshot.ts";
import { PageError } from "./_refusal.ts";
import type { PageCaller } from "./page_source.ts";

/** How many snapshots stay open, and for how long. */
export interface OpenedSnapshotsOptions {
  /** Default 8. */
  readonly most?: number;
  /** Of one session. Default 4. */
  readonly mostOfSession?: number;
  /** Decoded chunks that stay in memory, for each of them. Default 8 MiB. */
  readonly keptBytes?: number;
  /** Time without use. Nobody can remove a snapshot while it is open. Default 15 s. */
  readonly idleMs?: number;
}

/** A snapshot of a datastore. */
export interface StoredPlace extends PlacedSnapshot {
  readonly store: string;
}

interface Held {
  key: string;
  readonly session: string;
  /** Of its group. */
  readonly groupKey: string;
  readonly opening: Promise<OpenedSnapshot>;
  users: number;
  /** Is closed when the last user goes. */
  isGoing: boolean;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** An opened snapshot that somebody uses until it is disposed. */
export interface Lease extends AsyncDisposable {
  readonly opened: OpenedSnapshot;
  /** Has the next one open it anew: its connection is lost. */
  giveUp(): void;
}

/** Snapshots that are being looked into. They are kept apart by session: each has its own rights. */
export class OpenedSnapshots implements AsyncDisposable {
  readonly #held = new Map<string, Held>();
  readonly #closing = new Set<Promise<void>>();
  readonly #most: number;
  readonly #mostOfSession: number;
  readonly #keptBytes: number;
  readonly #idleMs: number;
  #lost = 0;

  constructor(options: OpenedSnapshotsOptions = {}) {
    this.#most = options.most ?? 8;
    this.#mostOfSession = options.mostOfSession ?? 4;
    this.#keptBytes = options.keptBytes ?? 8 * 1024 * 1024;
    this.#idleMs = options.idleMs ?? 15_000;
  }

  /**
   * Opens a snapshot, or finds it open. Whether the caller may read it is asked each time.
   *
   * @throws {PageError} with `busy` if too many are in use.
   */
  async lease({ source, sessionKey }: PageCaller, place: StoredPlace): Promise<Lease> {
    const { store, namespace, snapshot } = place;
    const access = await source.access(store);
    const groupKey = groupKeyOf(store, namespace, snapshot);
    const key = `${sessionKey}\0${groupKey}\0${snapshot.time}`;
    let held = this.#held.get(key);
    if (held !== undefined) {
      held.users++;
      clearTimeout(held.timer);
      try {
        await access.confirmReadable(namespace, snapshot);
      } catch (error) {
        held.isGoing = true;
        this.#leave(held);
        throw error;
      }
    } else {
      this.#makeRoom(sessionKey);
      const opening = access.repository.openSnapshot(namespace, snapshot).then((opened) =>
        OpenedSnapshot.open(opened, access.crypt, access.keyAdvice, this.#keptBytes)
      );
      held = {
        key,
        session: sessionKey,
        groupKey,
        opening,
        users: 1,
        isGoing: false,
        timer: undefined,
      };
      this.#held.set(key, held);
    }
    return await this.#leaseOf(held);
  }

  /** Does something with an opened snapshot; once more where its connection was lost meanwhile. */
  async use<T>(
    caller: PageCaller,
    place: StoredPlace,
    work: (opened: OpenedSnapshot) => Promise<T>,
  ): Promise<T> {
    for (let isFirst = true;; isFirst = false) {
      await using lease = await this.lease(caller, place);
      try {
        return await work(lease.opened);
      } catch (error) {
        if (!(error instanceof ConnectionError)) throw error;
        lease.giveUp();
        if (!isFirst) throw error;
      }
    }
  }

  /** Closes what is open of a group and not in use, so that it can be removed. */
  async release(store: string, namespace: string, group: BackupGroup): Promise<void> {
    const groupKey = groupKeyOf(store, namespace, group);
    for (const held of this.#held.values()) {
      if (held.groupKey === groupKey && held.users === 0) this.#close(held);
    }
    await Promise.all(this.#closing);
  }

  /** Closes what is open of a session that has ended. */
  endSession(sessionKey: string): void {
    for (const held of this.#held.values()) {
      if (held.session !== sessionKey) continue;
      held.isGoing = true;
      if (held.users === 0) this.#close(held);
    }
  }

  /** Closes everything; nothing may be in use. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const held of this.#held.values()) this.#close(held);
    await Promise.all(this.#closing);
  }

  async #leaseOf(held: Held): Promise<Lease> {
    let left = false;
    const leave = () => {
      if (!left) this.#leave(held);
      left = true;
      return Promise.resolve();
    };
    try {
      return {
        opened: await held.opening,
        giveUp: () => this.#giveUp(held),
        [Symbol.asyncDispose]: leave,
      };
    } catch (error) {
      held.isGoing = true;
      await leave();
      throw error;
    }
  }

  /** It is not found any more, and closed when the last user goes. */
  #giveUp(held: Held): void {
    held.isGoing = true;
    if (this.#held.get(held.key) !== held) return;
    this.#held.delete(held.key);
    held.key = `${held.key}\0lost ${this.#lost++}`;
    this.#held.set(held.key, held);
  }

  #leave(held: Held): void {
    if (--held.users > 0) return;
    if (held.isGoing) return this.#close(held);
    held.timer = setTimeout(() => this.#close(held), this.#idleMs);
    Deno.unrefTimer(held.timer);
  }

  /** Closes the one that was not used for the longest time, if there are too many. */
  #makeRoom(session: string): void {
    const all = [...this.#held.values()];
    const own = all.filter((held) => held.session === session);
    const crowd = own.length >= this.#mostOfSession ? own : all;
    if (crowd === all && all.length < this.#most) return;
    const idle = crowd.find(({ users }) => users === 0);
    if (idle === undefined) {
      throw new PageError("busy", "too many snapshots are being looked into, try again later");
    }
    this.#close(idle);
  }

  #close(held: Held): void {
    if (this.#held.get(held.key) !== held) return;
    this.#held.delete(held.key);
    clearTimeout(held.timer);
    const closing = held.opening.then((opened) => opened[Symbol.asyncDispose]()).catch(() => {})
      .finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }
}

function groupKeyOf(store: string, namespace: string, group: BackupGroup): string {
  return `${store}\0${namespace}\0${formatGroupPath(group)}`;
}

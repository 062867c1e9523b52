import { ConflictError } from "../errors/mod.ts";
import { encodeHex } from "../bytes/mod.ts";
import type { ObjectStore } from "../s3/mod.ts";
import type { SharedKeys } from "./_keys.ts";
import { Lease } from "./_lease.ts";
import { requireConditionalWrites } from "./_conditional_writes.ts";
import { ownIdentity } from "./_process_identity.ts";
import { putOnce, textOf } from "./_put_once.ts";

/**
 * A sign of life of somebody who writes: nothing that this writer relies on is deleted as long as it is
 * renewed (docs/internals/shared-bucket.md "Sessions").
 */
export class WriterSession {
  readonly id: string;
  readonly #store: ObjectStore;
  readonly #keys: SharedKeys;
  readonly #lease: Lease;
  #decisions = 0;
  #deciding: Promise<unknown> = Promise.resolve();
  #isFenced = false;

  private constructor(store: ObjectStore, keys: SharedKeys, id: string, lease: Lease) {
    this.id = id;
    this.#store = store;
    this.#keys = keys;
    this.#lease = lease;
  }

  /** Begins a session; nothing that its writer relies on may have been looked at before. */
  static async begin(
    store: ObjectStore,
    keys: SharedKeys,
    leaseSeconds: number,
  ): Promise<WriterSession> {
    const id = encodeHex(crypto.getRandomValues(new Uint8Array(16)));
    const content = textOf({
      host: Deno.hostname(),
      pid: Deno.pid,
      when: Math.floor(Date.now() / 1000),
      process: ownIdentity(),
    });
    const renew = async () => {
      await store.put(keys.session(id), content);
    };
    const start = Date.now();
    await renew();
    await requireConditionalWrites(store, keys.session(id), content);
    return new WriterSession(store, keys, id, new Lease(leaseSeconds, start, renew));
  }

  /** @throws {LockedError} if others may have taken this writer for dead: it must change nothing more. */
  check(): void {
    this.#lease.check();
  }

  /**
   * Makes sure that changes may be sent that would do harm if others had ended this session: removals, and
   * writes over what is there.
   *
   * @throws {ConflictError} if others have ended this session.
   */
  async prepareChange(): Promise<void> {
    // Whoever has decided once is not ended before the lease is over.
    if (this.#decisions === 0) await this.decide();
    this.check();
  }

  /**
   * Decides that a snapshot is committed, whose indexes and chunks are in the store.
   *
   * @throws {ConflictError} if others have ended this session.
   */
  async decide(): Promise<void> {
    // One after the other: each decision has the next number.
    const previous = this.#deciding.catch(() => {});
    const decision = previous.then(async () => {
      this.check();
      // Without gaps: whoever ends a session early does so in the place of its first decision.
      const number = this.#decisions + 1;
      const key = this.#keys.decision(this.id, number);
      const content = textOf({ decision: "commit", number });
      if (await putOnce(this.#store, key, content, () => this.check())) {
        this.#decisions = number;
        return;
      }
      this.#isFenced = true;
      throw new ConflictError(
        "this run gave no sign of life for too long and was ended by another one: it changes " +
          "nothing more, its snapshot is not kept, a new run stores it",
      );
    });
    this.#deciding = decision;
    await decision;
  }

  /** Ends the session. */
  async end(): Promise<void> {
    await this.#lease.stop();
    await this.#store.remove(this.#keys.session(this.id));
    // One that was fenced keeps its decision, so that nothing of it that is late counts.
    if (this.#isFenced || this.#decisions === 0) return;
    const numbers = Array.from({ length: this.#decisions }, (_, i) => i + 1);
    await this.#store.removeAll(numbers.map((number) => this.#keys.decision(this.id, number)));
  }
}

import { ServerError } from "../../errors/mod.ts";

/** Checks of one user from one address that may wait or be delayed. */
const MAX_OF_KEY = 32;
/** Those of one address, whatever users they are for. */
const MAX_OF_ADDRESS = 64;
/** All together. */
const MAX_WAITING = 256;
/** Time for which a check that failed counts as one that waits. */
const DELAY_MS = 3000;

/** User who tries to log in, and address. */
export interface PasswordClaim {
  readonly authId: string;
  readonly address: string;
}

/**
 * The queue in front of the slow check of passwords: one is checked at a time, addresses take turns,
 * and so do the users of an address, so that guessing holds up nobody but the guesser. A wrong
 * guess keeps its place for a while, which bounds the guesses of one user from one address.
 *
 * What is refused unheard is said to be so: the status is 429 or 503, never that of a wrong password.
 */
export class PasswordChecks {
  readonly #later: (leave: () => void) => void;
  /** By address, then by user; both in the order of their turns. */
  readonly #waiting = new Map<string, Map<string, Waiting[]>>();
  /** Waiting, running and delayed ones by address, and by user and address. */
  readonly #ofAddress = new Map<string, number>();
  readonly #ofKey = new Map<string, number>();
  #waitingCount = 0;
  #running = false;

  /** @param later Ends the time for which a wrong password keeps its place; 3 s unless given. */
  constructor(
    later: (leave: () => void) => void = (leave) => Deno.unrefTimer(setTimeout(leave, DELAY_MS)),
  ) {
    this.#later = later;
  }

  /**
   * Checks a password when it is its turn.
   *
   * @throws {ServerError} with 429 if too many come from there, 503 if from everywhere.
   */
  async run(claim: PasswordClaim, check: () => Promise<boolean>): Promise<boolean> {
    const { address } = claim;
    const key = JSON.stringify([claim.authId, address]);
    if (
      count(this.#ofKey, key) >= MAX_OF_KEY || count(this.#ofAddress, address) >= MAX_OF_ADDRESS
    ) {
      throw new ServerError(429, "too many logins from your address, try again later");
    }
    if (this.#waitingCount >= MAX_WAITING && !this.#makeRoom(address)) throw busy();
    add(this.#ofKey, key, 1);
    add(this.#ofAddress, address, 1);
    const leave = () => {
      add(this.#ofKey, key, -1);
      add(this.#ofAddress, address, -1);
    };
    let right = false;
    try {
      return right = await this.#takeTurn(claim, check);
    } finally {
      if (right) leave();
      else this.#later(leave);
    }
  }

  #takeTurn({ authId, address }: PasswordClaim, check: () => Promise<boolean>): Promise<boolean> {
    return new Promise((resolve, reject) => {
      let users = this.#waiting.get(address);
      if (users === undefined) this.#waiting.set(address, users = new Map());
      const queue = users.get(authId) ?? [];
      users.set(authId, queue);
      queue.push({ check, resolve, reject });
      this.#waitingCount++;
      this.#next();
    });
  }

  async #next(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    try {
      for (let next = this.#takeNext(); next !== undefined; next = this.#takeNext()) {
        await next.check().then(next.resolve, next.reject);
      }
    } finally {
      this.#running = false;
    }
  }

  /** The first of the address whose turn it is; address and user go to the end of their lines. */
  #takeNext(): Waiting | undefined {
    for (const [address, users] of this.#waiting) {
      for (const [authId, queue] of users) {
        const next = queue.shift()!;
        this.#waitingCount--;
        users.delete(authId);
        if (queue.length > 0) users.set(authId, queue);
        this.#waiting.delete(address);
        if (users.size > 0) this.#waiting.set(address, users);
        return next;
      }
    }
    return undefined;
  }

  /** Sends away the last one of the address that has most waiting, for one that has fewer. */
  #makeRoom(newcomer: string): boolean {
    const sizes = [...this.#waiting].map(([address, users]) => ({
      address,
      size: users.values().reduce((sum, queue) => sum + queue.length, 0),
    }));
    const [most] = sizes.sort((a, b) => b.size - a.size);
    const own = sizes.find(({ address }) => address === newcomer)?.size ?? 0;
    if (most === undefined || most.size <= own + 1) return false;
    const users = this.#waiting.get(most.address)!;
    const [authId, queue] = [...users].reduce((a, b) => b[1].length > a[1].length ? b : a);
    queue.pop()!.reject(busy());
    this.#waitingCount--;
    if (queue.length === 0) users.delete(authId);
    return true;
  }
}

interface Waiting {
  readonly check: () => Promise<boolean>;
  readonly resolve: (right: boolean) => void;
  readonly reject: (error: unknown) => void;
}

function busy(): ServerError {
  return new ServerError(503, "too many logins at once, try again later");
}

function count(counts: ReadonlyMap<string, number>, key: string): number {
  return counts.get(key) ?? 0;
}

function add(counts: Map<string, number>, key: string, change: number): void {
  const sum = count(counts, key) + change;
  if (sum > 0) counts.set(key, sum);
  else counts.delete(key);
}

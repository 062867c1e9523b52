import { CorruptDataError, NotFoundError } from "../../errors/mod.ts";
import { readFileIfThere, withFolderLock, writePrivateFile } from "../files/mod.ts";
import {
  createRecoveryKeys,
  findRecoveryKey,
  type RecoveryHashes,
  recoveryKeysLeft,
} from "./recovery_keys.ts";
import { totpStepOf } from "./totp.ts";

/** Wrong codes in a row after which a user's codes are refused for a while. */
const MAX_WRONG_CODES = 8;
const LOCKED_MS = 3_600_000;

/** One authenticator program of a user. */
export interface TotpFactor {
  /** Unique among a user's. */
  readonly id: string;
  readonly description: string;
  /** Base32. */
  readonly secret: string;
  /** Time step of the last code that was right: it and those before it are worthless now. */
  readonly usedStep: number;
}

/** A user's second factors. */
export interface SecondFactors {
  readonly totp: readonly TotpFactor[];
  readonly recovery?: RecoveryHashes;
}

/** Second factors that a user may answer with, as clients are told (spec: protocol.md §2.8). */
export interface FactorChallenge {
  readonly totp?: true;
  /** Numbers of the recovery keys that are left. */
  readonly recovery?: readonly number[];
}

/**
 * The second factors of all users, in a file that nobody else may read. A running server and the
 * commands that manage it change the same file, each under the folder's lock.
 */
export class SecondFactorStore {
  #users = new Map<string, SecondFactors>();
  readonly #wrong = new Map<string, { count: number; lastMs: number }>();

  private constructor(
    readonly folder: string | undefined,
    readonly name: string,
    readonly now: () => number,
  ) {}

  /** A store in memory only. @param now Milliseconds since the epoch. */
  static inMemory(now: () => number = Date.now): SecondFactorStore {
    return new SecondFactorStore(undefined, "", now);
  }

  /**
   * Opens a store; a file that is not there is an empty one.
   *
   * @throws {CorruptDataError} if the file is damaged.
   */
  static async open(folder: string, name: string): Promise<SecondFactorStore> {
    const store = new SecondFactorStore(folder, name, Date.now);
    await store.reload();
    return store;
  }

  /** Reads what others have changed. @throws {CorruptDataError} if the file is damaged. */
  async reload(): Promise<void> {
    if (this.folder === undefined) return;
    const path = `${this.folder}/${this.name}`;
    this.#users = parseUsers(await readFileIfThere(path) ?? "{}", path);
  }

  /** A user's second factors; none is undefined. */
  of(userId: string): SecondFactors | undefined {
    return this.#users.get(userId);
  }

  /** The question to a user after the password; undefined if there is none. */
  challengeOf(userId: string): FactorChallenge | undefined {
    const factors = this.#users.get(userId);
    if (factors === undefined) return undefined;
    const left = factors.recovery === undefined ? [] : recoveryKeysLeft(factors.recovery);
    return {
      ...factors.totp.length > 0 ? { totp: true } : {},
      ...left.length > 0 ? { recovery: left } : {},
    };
  }

  /**
   * Whether an answer is right. What was right once is not the next time.
   *
   * @param answer `totp:123456` or `recovery:xxxx-…`.
   */
  async verify(userId: string, answer: string): Promise<boolean> {
    const colon = answer.indexOf(":");
    const [kind, text] = [answer.slice(0, colon), answer.slice(colon + 1)];
    if (kind !== "totp" && kind !== "recovery") return false;
    if (kind === "totp") {
      if (this.#isLocked(userId)) return false;
      // Counted before anything is waited for: guesses come on many connections at the same time.
      const count = (this.#wrong.get(userId)?.count ?? 0) + 1;
      this.#wrong.set(userId, { count, lastMs: this.now() });
    }
    const isRight = await this.#change((users) => {
      const factors = users.get(userId);
      if (factors === undefined) return false;
      const after = kind === "totp"
        ? withCodeUsed(factors, text, this.now())
        : withKeyUsed(factors, text);
      if (after === undefined) return false;
      users.set(userId, after);
      return true;
    });
    if (isRight) this.#wrong.delete(userId);
    return isRight;
  }

  /** Adds an authenticator program. @returns Its id. */
  async addTotp(userId: string, secret: string, description: string): Promise<string> {
    let id = "";
    await this.#change((users) => {
      const factors = users.get(userId) ?? { totp: [] };
      const numbers = factors.totp.map(({ id }) => Number(id.replace(/^totp-/, "")) || 0);
      id = `totp-${Math.max(0, ...numbers) + 1}`;
      const totp = [...factors.totp, { id, description, secret, usedStep: 0 }];
      users.set(userId, { ...factors, totp });
      return true;
    });
    return id;
  }

  /** Makes new recovery keys; older ones are void. @returns The keys, readable only now. */
  async addRecoveryKeys(userId: string): Promise<readonly string[]> {
    const { keys, hashes } = createRecoveryKeys();
    await this.#change((users) => {
      users.set(userId, { ...users.get(userId) ?? { totp: [] }, recovery: hashes });
      return true;
    });
    return keys;
  }

  /**
   * Removes a second factor.
   *
   * @param id `recovery`, the id of an authenticator program, or undefined for everything.
   * @throws {NotFoundError} if there is no such one.
   */
  async remove(userId: string, id?: string): Promise<void> {
    await this.#change((users) => {
      if (id === undefined) return users.delete(userId);
      const { totp = [], recovery } = users.get(userId) ?? {};
      const left = totp.filter((each) => each.id !== id);
      const keeps = recovery !== undefined && id !== "recovery";
      if (left.length === totp.length && (id !== "recovery" || recovery === undefined)) {
        throw new NotFoundError(`user "${userId}" has no second factor "${id}"`);
      }
      if (left.length === 0 && !keeps) return users.delete(userId);
      users.set(userId, { totp: left, ...keeps ? { recovery } : {} });
      return true;
    });
  }

  /** Changes the file's present contents, not what was read some time ago. */
  async #change(change: (users: Map<string, SecondFactors>) => boolean): Promise<boolean> {
    const { folder } = this;
    if (folder === undefined) return change(this.#users);
    return await withFolderLock(folder, async () => {
      await this.reload();
      const users = new Map(this.#users);
      if (!change(users)) return false;
      const text = JSON.stringify(Object.fromEntries(users), undefined, 2);
      await writePrivateFile(`${folder}/${this.name}`, `${text}\n`);
      this.#users = users;
      return true;
    });
  }

  #isLocked(userId: string): boolean {
    const wrong = this.#wrong.get(userId);
    if (wrong === undefined || wrong.count < MAX_WRONG_CODES) return false;
    if (this.now() - wrong.lastMs < LOCKED_MS) return true;
    this.#wrong.delete(userId);
    return false;
  }
}

function withCodeUsed(
  factors: SecondFactors,
  code: string,
  nowMs: number,
): SecondFactors | undefined {
  for (const [at, { secret, usedStep }] of factors.totp.entries()) {
    const step = totpStepOf(secret, code, nowMs);
    if (step === undefined || step <= usedStep) continue;
    const totp = factors.totp.with(at, { ...factors.totp[at]!, usedStep: step });
    return { ...factors, totp };
  }
  return undefined;
}

function withKeyUsed(factors: SecondFactors, key: string): SecondFactors | undefined {
  const { recovery } = factors;
  const at = recovery && findRecoveryKey(recovery, key);
  if (recovery === undefined || at === undefined) return undefined;
  return { ...factors, recovery: { ...recovery, keys: recovery.keys.with(at, null) } };
}

function parseUsers(text: string, path: string): Map<string, SecondFactors> {
  let users: unknown;
  try {
    users = JSON.parse(text);
  } catch (cause) {
    throw new CorruptDataError(`"${path}" is damaged: not valid JSON`, { cause });
  }
  const entries = typeof users === "object" && users !== null ? Object.entries(users) : [];
  for (const [userId, factors] of entries) {
    if (isSecondFactors(factors)) continue;
    throw new CorruptDataError(`"${path}" is damaged: the factors of "${userId}" are none`);
  }
  return new Map(entries);
}

function isSecondFactors(value: unknown): value is SecondFactors {
  if (typeof value !== "object" || value === null) return false;
  const { totp, recovery } = value as Partial<Record<"totp" | "recovery", unknown>>;
  const { salt, keys } = (recovery ?? { salt: "", keys: [] }) as Partial<RecoveryHashes>;
  return Array.isArray(totp) && totp.every(isTotpFactor) && typeof salt === "string" &&
    Array.isArray(keys) && keys.every((key) => key === null || typeof key === "string");
}

function isTotpFactor(value: unknown): value is TotpFactor {
  const { id, description, secret, usedStep } = (value ?? {}) as Partial<TotpFactor>;
  return typeof id === "string" && typeof description === "string" &&
    typeof secret === "string" && /^[A-Z2-7]+$/.test(secret) && typeof usedStep === "number";
}

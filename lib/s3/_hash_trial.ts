import { encodeHex } from "../bytes/mod.ts";
import { sha256 } from "../crypto/mod.ts";
import { PbsError } from "../errors/mod.ts";
import { encodeKey } from "./_address.ts";
import type { Requests } from "./_requests.ts";

/** Codes of a server that has looked: a request may be refused for many other reasons. */
const MISMATCHES: ReadonlySet<string> = new Set([
  "XAmzContentSHA256Mismatch",
  "BadDigest",
  "InvalidDigest",
]);

/**
 * Trial whether a server checks a body against the hash that its signature covers: it is asked, once, to
 * store a byte with the hash of nothing.
 */
export class HashTrial {
  readonly #requests: Requests;
  readonly #key: string | undefined;
  #outcome: Promise<boolean> | undefined;

  /** @param key Key of the object that may come of it, which is removed; undefined: no trial, no trust. */
  constructor(requests: Requests, key: string | undefined) {
    this.#requests = requests;
    this.#key = key;
  }

  /** Whether the server was seen to refuse a body that has another hash. */
  async isChecked(): Promise<boolean> {
    return await (this.#outcome ??= this.#find());
  }

  /** Lets every later answer be no. */
  distrust(): void {
    this.#outcome = Promise.resolve(false);
  }

  async #find(): Promise<boolean> {
    if (this.#key === undefined) return false;
    const path = encodeKey(this.#key);
    try {
      const checked = await this.#requests.send<boolean>({
        method: "PUT",
        path,
        headers: [["content-type", "application/octet-stream"]],
        body: Uint8Array.of(0),
        sha256: encodeHex(sha256()),
        failed: `cannot write "${this.#key}"`,
        accepted: ({ error }) => MISMATCHES.has(error?.code ?? "") || undefined,
        read: async ({ body }) => {
          await body.discard();
          return false;
        },
      });
      if (!checked) {
        await this.#requests.send({
          method: "DELETE",
          path,
          failed: `cannot remove "${this.#key}"`,
          read: ({ body }) => body.discard(),
        });
      }
      return checked;
    } catch (error) {
      // Nothing was found out. What is wrong will be told by the request that somebody wants.
      if (error instanceof PbsError) return false;
      throw error;
    }
  }
}

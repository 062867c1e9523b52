/** How the contents of a file of a snapshot are protected (spec: datastore-formats.md §4.7). */
export type CryptMode = "none" | "encrypt" | "sign-only";

/** All modes, in the order of messages. */
export const CRYPT_MODES: readonly CryptMode[] = ["none", "encrypt", "sign-only"];

/** Whether a text names a crypt mode. */
export function isCryptMode(text: string): text is CryptMode {
  return text === "none" || text === "encrypt" || text === "sign-only";
}

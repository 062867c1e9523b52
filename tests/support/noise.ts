import { createCipheriv } from "node:crypto";

/**
 * Bytes that cannot be compressed, the same in every run: so archives of them are cut at the same
 * places, and what is said about numbers of chunks is true each time or never.
 *
 * @param seed Others have other bytes.
 */
export function noise(length: number, seed: number): Uint8Array<ArrayBuffer> {
  const key = new Uint8Array(16);
  new DataView(key.buffer).setUint32(12, seed);
  const cipher = createCipheriv("aes-128-ctr", key, new Uint8Array(16));
  return new Uint8Array(cipher.update(new Uint8Array(length)));
}

/**
 * A function of the shell, `noise BYTES SEED`, that prints the same bytes as {@linkcode noise}.
 * `openssl` is to be named as a peer.
 */
export const SHELL_NOISE = `
noise() { head -c "$1" /dev/zero | openssl enc -aes-128-ctr -K "$(printf %032x "$2")" -iv "$(printf %032x 0)"; }
`;

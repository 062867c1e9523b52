import type { OutgoingBody } from "./message.ts";

/**
 * Length of a body to send, unless it is a stream.
 *
 * @returns In bytes; 0 without a body, `undefined` for a stream.
 */
export function knownLength(body: OutgoingBody | undefined): number | undefined {
  if (body === undefined) return 0;
  if (body instanceof Uint8Array) return body.length;
  if (Symbol.asyncIterator in body) return undefined;
  let length = 0;
  for (const part of body) length += part.length;
  return length;
}

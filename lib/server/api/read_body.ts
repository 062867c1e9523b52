import { concatBytes } from "../../bytes/mod.ts";
import type { IncomingBody } from "../../http/mod.ts";

/**
 * Reads a whole body. What is too much is left unread, not cancelled, so that the refusal can still
 * be sent.
 *
 * @param refused Thrown if there are more than `limitBytes`.
 */
export async function readBody(
  body: IncomingBody,
  limitBytes: number,
  refused: Error,
): Promise<Uint8Array<ArrayBuffer>> {
  if ((body.lengthBytes ?? 0) > limitBytes) throw refused;
  const parts: Uint8Array[] = [];
  let length = 0;
  for (let part = await body.read(); part !== undefined; part = await body.read()) {
    length += part.length;
    if (length > limitBytes) throw refused;
    parts.push(part);
  }
  return concatBytes(parts);
}

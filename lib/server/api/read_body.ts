import { GatheredBytes, type IncomingBody } from "../../http/mod.ts";

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
  const gathered = new GatheredBytes(limitBytes, body.lengthBytes);
  for (let part = await body.read(); part !== undefined; part = await body.read()) {
    if (!gathered.add(part)) throw refused;
  }
  return gathered.take();
}

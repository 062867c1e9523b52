import { createServer } from "node:net";
import { ConnectionError } from "../errors/mod.ts";

/**
 * Looks whether an address can be listened on, by doing so for a moment.
 *
 * @param port 0 for any.
 * @throws {ConnectionError} if it cannot be bound.
 */
export async function checkAddressIsFree(host: string, port: number): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => {
      reject(new ConnectionError(`cannot listen on ${host}:${port}: ${cause.message}`, { cause }));
    });
    server.listen({ port, host }, resolve);
  });
  await new Promise<void>((resolve) => server.close(() => resolve()));
}

/** How long to wait when the system refuses to accept, e.g. for want of a descriptor. */
const RETRY_MS = 250;

/**
 * The next connection of a listener, however often the system refuses; `undefined` once it is closed.
 *
 * @param accept Fails when the listener is closed.
 */
export async function acceptNext<T>(
  accept: () => Promise<T>,
  isClosed: () => boolean,
): Promise<T | undefined> {
  while (!isClosed()) {
    try {
      return await accept();
    } catch {
      if (!isClosed()) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
  return undefined;
}

import { CorruptDataError, NotFoundError } from "../errors/mod.ts";

/** Names the snapshot and the archive where the error of a decoder or a store cannot. */
export function withName(label: string, error: unknown): unknown {
  if (!(error instanceof CorruptDataError || error instanceof NotFoundError)) return error;
  return new CorruptDataError(`${label}: ${error.message}`, { cause: error });
}

/** Does work whose errors get a name. */
export async function named<T>(label: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw withName(label, error);
  }
}

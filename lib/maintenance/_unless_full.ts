import { Errno } from "../../ffi/errno.ts";
import { SystemError } from "../errors/mod.ts";

/** Notes something down where there is room: on a full disk it is more important to free some. */
export async function unlessFull(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const isFull = error instanceof SystemError &&
      (error.errno === Errno.ENOSPC || error.errno === Errno.EDQUOT);
    if (!isFull) throw error;
  }
}

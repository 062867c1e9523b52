import { errnoText } from "../../ffi/errno.ts";
import { SystemError } from "../errors/mod.ts";

/** Reading a spliced file failed. */
export class SpliceError extends SystemError {
  override name = "SpliceError";

  /**
   * @param tag The tag that the file was spliced under.
   * @param errno Positive Linux error number.
   * @param offset Byte in the file where it failed; absent if the file has no places, as a pipe.
   */
  constructor(
    readonly tag: number,
    errno: number,
    readonly offset: number | undefined,
    options?: ErrorOptions,
  ) {
    const where = offset === undefined ? "" : ` at byte ${offset}`;
    super(errno, `cannot read file${where}: ${errnoText(errno)}`, options);
  }
}

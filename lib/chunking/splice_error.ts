import { SystemError } from "../errors/mod.ts";

/** Reading a spliced file failed. */
export class SpliceError extends SystemError {
  override name = "SpliceError";

  /**
   * @param tag The tag that the file was spliced under.
   * @param errno Positive Linux error number.
   */
  constructor(readonly tag: number, errno: number, message: string, options?: ErrorOptions) {
    super(errno, message, options);
  }
}

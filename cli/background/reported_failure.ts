/** A failure that was already told to the user; all that is left is to end with its code. */
export class ReportedFailure extends Error {
  override name = "ReportedFailure";

  /** @param code Exit code of the process that told it. */
  constructor(readonly code: number) {
    super(`ended with ${code}`);
  }
}

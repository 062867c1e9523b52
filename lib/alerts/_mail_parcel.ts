import type { MailTarget } from "./alert_target.ts";

/** A mail that is ready to be sent. */
export interface MailParcel {
  readonly target: MailTarget;
  /** All its headers, and its body. */
  readonly message: Uint8Array;
  /** Ends sending it. */
  readonly signal: AbortSignal;
}

import type { Situation } from "./situation.ts";

/** Options of an error: its cause, and the situation if somebody can tell the way out of it. */
export interface PbsErrorOptions extends ErrorOptions {
  /** The obstacle in a person's way, as data. */
  readonly situation?: Situation | undefined;
}

/** Base of all failures this library reports on purpose. */
export class PbsError extends Error {
  /** Name of the class, for messages. */
  override name = "PbsError";
  /** The obstacle, for callers that tell people what to do. */
  readonly situation: Situation | undefined;

  /**
   * A failure.
   *
   * @param message What failed, by name.
   */
  constructor(message?: string, { situation, ...options }: PbsErrorOptions = {}) {
    super(message, options);
    this.situation = situation;
  }
}

/** A wrong argument, option, pattern or specification; nothing was started. */
export class UsageError extends PbsError {
  /** Name of the class, for messages. */
  override name = "UsageError";
}

/** Wrong or missing credentials, or a privilege that is lacking. */
export class AuthError extends PbsError {
  /** Name of the class, for messages. */
  override name = "AuthError";
}

/** The peer's certificate is not one that may be trusted. */
export class TrustError extends PbsError {
  /** Name of the class, for messages. */
  override name = "TrustError";
}

/** The server refused a request; `status` is its HTTP status, the message its text. */
export class ServerError extends PbsError {
  /** Name of the class, for messages. */
  override name = "ServerError";

  /**
   * An answer that says no.
   *
   * @param status HTTP status of the answer.
   */
  constructor(readonly status: number, message: string, options?: PbsErrorOptions) {
    super(message, options);
  }
}

/** The connection could not be made, broke, or timed out. Worth another try. */
export class ConnectionError extends PbsError {
  /** Name of the class, for messages. */
  override name = "ConnectionError";
}

/** Bytes read from outside are damaged, truncated, hostile or do not match their digest. */
export class CorruptDataError extends PbsError {
  /** Name of the class, for messages. */
  override name = "CorruptDataError";
}

/** A key is missing, wrong, or its passphrase is. */
export class KeyError extends PbsError {
  /** Name of the class, for messages. */
  override name = "KeyError";
}

/** A named thing (datastore, namespace, snapshot, archive, chunk, source) does not exist. */
export class NotFoundError extends PbsError {
  /** Name of the class, for messages. */
  override name = "NotFoundError";
}

/** A named thing exists already or is in a state that forbids the operation. */
export class ConflictError extends PbsError {
  /** Name of the class, for messages. */
  override name = "ConflictError";
}

/** A lock is held by somebody else. */
export class LockedError extends ConflictError {
  /** Name of the class, for messages. */
  override name = "LockedError";
}

/** The run was ended by a signal or by its caller. */
export class CancelledError extends PbsError {
  /** Name of the class, for messages. */
  override name = "CancelledError";
}

/** A system call failed; `errno` is its positive error number. */
export class SystemError extends PbsError {
  /** Name of the class, for messages. */
  override name = "SystemError";

  /**
   * A call that failed.
   *
   * @param errno Positive Linux error number.
   */
  constructor(readonly errno: number, message: string, options?: PbsErrorOptions) {
    super(message, options);
  }
}

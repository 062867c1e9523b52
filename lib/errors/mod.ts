/**
 * Failures a caller can act on, one class per kind.
 *
 * A *kind* says what the caller may do next (ask again, try another key, give up); the message says
 * which thing failed, by name and number, in one line. A *situation* is what stands in a person's way,
 * finer than the kind and as data: callers decide by it, never by a message. What went wrong
 * below is in `cause`. Anything that is not one of these classes is a defect of the program.
 *
 * @module
 */

export * from "./errors.ts";
export { describeError } from "./describe_error.ts";
export type { Situation } from "./situation.ts";
export { situationOf } from "./situation_of.ts";

/**
 * Failures a caller can act on, one class per kind.
 *
 * A *kind* says what the caller may do next (ask again, try another key, give up); the message says
 * which thing failed, by name and number, in one line. What went wrong below is in `cause`. Anything
 * that is not one of these classes is a defect of the program.
 *
 * @module
 */

export * from "./errors.ts";
export { describeError } from "./describe_error.ts";

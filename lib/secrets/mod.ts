/**
 * Secrets that configuration refers to and never holds.
 *
 * A *reference* is where a secret is: a file, the output of a command, or a credential of the service
 * manager. It is *resolved* when the secret is needed, and not before.
 *
 * @module
 */

export { resolveSecret } from "./resolve_secret.ts";
export type { SecretReference } from "./secret_reference.ts";
export { secretReferenceOf } from "./secret_reference_of.ts";

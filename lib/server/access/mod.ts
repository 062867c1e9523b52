/**
 * Who may use the server, and what for.
 *
 * A *caller* is known by a *ticket* or an *API token*; *access rules* give *roles*, which are sets of
 * *privileges*, at *ACL paths*. A *second factor* is asked for after the password.
 *
 * @module
 */

export * from "./access_control.ts";
export * from "./access_rules.ts";
export * from "./account_config.ts";
export * from "./credentials.ts";
export * from "./privileges.ts";
export * from "./second_factor_store.ts";
export * from "./secret_store.ts";
export * from "./ticket_signer.ts";
export * from "./totp.ts";

import type { Parameter } from "../command.ts";

/** Option for the folder of a server's configuration. */
export const SERVER_CONFIG_OPTION: Parameter = {
  name: "config",
  type: { kind: "string" },
  completion: "file-name",
  description:
    "Directory with the configuration, certificate and keys. What is missing is created.",
};

/** A user of the server. */
export const USER_ARGUMENT: Parameter = {
  name: "userid",
  type: { kind: "string" },
  required: true,
  description: "User as name@realm.",
};

/** An API token of the server. */
export const TOKEN_ARGUMENT: Parameter = {
  name: "tokenid",
  type: { kind: "string" },
  required: true,
  description: "API token as name@realm!token.",
};

/** Options of users and tokens. */
export const ACCOUNT_OPTIONS: readonly Parameter[] = [
  {
    name: "enable",
    type: { kind: "boolean" },
    default: true,
    description: "Whether it may be used.",
  },
  {
    name: "expire",
    type: { kind: "integer", minimum: 0 },
    description: "When it expires, in seconds since 1970; 0 means never.",
  },
  {
    name: "comment",
    type: { kind: "string", maxLength: 128 },
    description: "A comment of one line; empty removes it.",
  },
];

/** A datastore of the server. */
export const SERVED_STORE_ARGUMENT: Parameter = {
  name: "name",
  type: { kind: "string" },
  required: true,
  description: "Name of the datastore.",
};

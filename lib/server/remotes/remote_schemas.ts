import { AUTH_ID, type ParameterSchema, type ParameterSchemas, STORE } from "../api/mod.ts";
import { isServerName } from "../../repository/mod.ts";

/** Name of a remote: of the same form as that of a datastore. */
export const REMOTE_NAME: ParameterSchema = STORE;

const HOST: ParameterSchema = {
  kind: "string",
  maxLength: 255,
  refuse: (text) => {
    const bare = /^\[.*\]$/.test(text) ? text.slice(1, -1) : text;
    return isServerName(bare) ? undefined : `"${text}" is no name or address of a machine`;
  },
};

/** The secret; no message may show it. */
export const REMOTE_PASSWORD: ParameterSchema = {
  kind: "string",
  minLength: 1,
  maxLength: 1024,
  // deno-lint-ignore no-control-regex -- a line break would be a line of something else.
  pattern: /^[^\x00-\x1f\x7f]*$/,
};

/** Properties of a remote but its password. */
export const REMOTE_PROPERTIES: ParameterSchemas = {
  "auth-id": AUTH_ID,
  "comment": {
    kind: "string",
    maxLength: 128,
    // deno-lint-ignore no-control-regex -- a line break would be a line of the configuration.
    pattern: /^[^\x00-\x1f\x7f]*$/,
    optional: true,
  },
  "fingerprint": {
    kind: "string",
    pattern: /^(?:[0-9a-fA-F]{2}:){31}[0-9a-fA-F]{2}$/,
    optional: true,
  },
  "host": HOST,
  "port": { kind: "integer", minimum: 0, maximum: 65_535, optional: true },
};

/** Names of properties that can be removed. */
export const REMOVABLE_REMOTE_PROPERTIES = ["comment", "fingerprint", "port"] as const;

import { BOOLEAN, optional, type ParameterSchema, type ParameterSchemas } from "../api/mod.ts";
import { isBucketName } from "../config/mod.ts";
import { isEndpointHost } from "./endpoint_host.ts";
import { PROVIDER_QUIRKS } from "./s3_endpoint.ts";

/** Name of an S3 endpoint. */
export const ENDPOINT_ID: ParameterSchema = {
  kind: "string",
  minLength: 3,
  maxLength: 32,
  pattern: /^[A-Za-z0-9_][A-Za-z0-9._-]*$/,
};

/** A key or secret: no spaces at its ends, which the file would lose. */
const KEY_TEXT: ParameterSchema = {
  kind: "string",
  minLength: 1,
  maxLength: 1024,
  // deno-lint-ignore no-control-regex -- a line break would be a line of the configuration.
  pattern: /^[^\s\x00-\x1f\x7f](?:[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f])?$/,
};

/** Bytes in a second, as a number with or without a unit. */
const RATE: ParameterSchema = {
  kind: "string",
  maxLength: 32,
  pattern: /^[0-9]{1,15}(?:\.[0-9]{1,3})? ?(?:B|[KMGT]i?B?)?$/,
  optional: true,
};

/** Properties of S3 endpoints in their order in the file (spec: s3-datastore.md §2.1). */
export const ENDPOINT_PROPERTIES: ParameterSchemas = {
  "access-key": KEY_TEXT,
  "burst-in": RATE,
  "burst-out": RATE,
  "endpoint": {
    kind: "string",
    maxLength: 255,
    refuse: (text) =>
      isEndpointHost(text)
        ? undefined
        : `'${text}' is not a host name or address; scheme, port and path do not belong to it`,
  },
  "fingerprint": {
    kind: "string",
    pattern: /^[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){31}$/,
    optional: true,
  },
  "path-style": optional(BOOLEAN),
  "port": { kind: "integer", minimum: 0, maximum: 65535, optional: true },
  "provider-quirks": {
    kind: "array",
    items: { kind: "string", values: PROVIDER_QUIRKS },
    optional: true,
  },
  "put-rate-limit": { kind: "integer", minimum: 1, optional: true },
  "rate-in": RATE,
  "rate-out": RATE,
  "region": {
    kind: "string",
    maxLength: 32,
    pattern: /^[_a-z\d][-_a-z\d]+$/,
    optional: true,
  },
  "secret-key": KEY_TEXT,
};

/** Name of a bucket. */
export const BUCKET: ParameterSchema = {
  kind: "string",
  refuse: (text) => isBucketName(text) ? undefined : `'${text}' is not the name of a bucket`,
};

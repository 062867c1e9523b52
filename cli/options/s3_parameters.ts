import type { Parameter } from "../command.ts";

/** An S3 endpoint of the server. */
export const ENDPOINT_ARGUMENT: Parameter = {
  name: "id",
  type: { kind: "string" },
  required: true,
  description: "Name of the S3 endpoint.",
};

/** A bucket that an endpoint reaches. */
export const BUCKET_ARGUMENT: Parameter = {
  name: "bucket",
  type: { kind: "string" },
  required: true,
  description: "Name of the bucket.",
};

/** Option for a datastore's part of a bucket. */
export const STORE_PREFIX_OPTION: Parameter = {
  name: "store-prefix",
  type: { kind: "string" },
  description: "Name of a datastore: what its keys in the bucket begin with.",
};

function rateOption(name: string, description: string): Parameter {
  return { name, type: { kind: "string" }, description };
}

/** Properties of S3 endpoints, except for the secret. */
export const ENDPOINT_OPTIONS: readonly Parameter[] = [
  {
    name: "endpoint",
    type: { kind: "string" },
    description: "Host name or address, without scheme and path; {{bucket}}. in front and " +
      "{{region}} as a part stand for the names.",
  },
  {
    name: "port",
    type: { kind: "integer", minimum: 0, maximum: 65535 },
    description: "Port; 443 if absent.",
  },
  {
    name: "region",
    type: { kind: "string" },
    description: "Region, which requests are signed for; us-west-1 if absent.",
  },
  {
    name: "access-key",
    type: { kind: "string" },
    description: "Access key: a name that may be seen. If absent it comes from PBS_S3_ACCESS_KEY " +
      "or its relatives, or is asked for.",
  },
  {
    name: "path-style",
    type: { kind: "boolean" },
    description: "Whether the bucket is the first part of paths, in place of the host name.",
  },
  {
    name: "fingerprint",
    type: { kind: "string" },
    description: "SHA-256 of the certificate, where no authority vouches for it.",
  },
  {
    name: "put-rate-limit",
    type: { kind: "integer", minimum: 1 },
    description: "Most uploads in a second.",
  },
  {
    name: "provider-quirks",
    type: { kind: "string" },
    repeatable: true,
    description: "What the provider lacks: skip-if-none-match-header, " +
      "delete-objects-via-delete-object. May be repeated.",
  },
  rateOption("rate-in", "Most bytes in a second that are received, such as 50MiB."),
  rateOption("burst-in", "Bytes that may be received at once; those of a second if absent."),
  rateOption("rate-out", "Most bytes in a second that are sent."),
  rateOption("burst-out", "Bytes that may be sent at once; those of a second if absent."),
];

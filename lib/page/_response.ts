import type { HeaderField, OutgoingResponse } from "../http/mod.ts";

/**
 * Everything comes from where the page came from, and nothing is run that is not a file of it. Data of
 * snapshots may be shown as images, but never as documents.
 */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");
/** For contents of snapshots, should a browser come upon the idea to open them. */
const CONTENT_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'";

const COMMON: readonly HeaderField[] = [
  ["x-content-type-options", "nosniff"],
  ["referrer-policy", "no-referrer"],
  ["x-frame-options", "DENY"],
  ["cross-origin-resource-policy", "same-origin"],
  ["cross-origin-opener-policy", "same-origin"],
];
const JSON_TYPE = "application/json";

/** Fields of the files that the page consists of. */
export const PAGE_FIELDS: readonly HeaderField[] = [
  ["content-security-policy", PAGE_POLICY],
  ["permissions-policy", "camera=(), geolocation=(), microphone=()"],
  ...COMMON,
];

/** Fields of what comes out of snapshots. */
export const CONTENT_FIELDS: readonly HeaderField[] = [
  ["content-security-policy", CONTENT_POLICY],
  ["cache-control", "no-store"],
  ...COMMON,
];

/** Status and further fields of an answer. */
export interface AnswerOptions {
  /** Default 200. */
  readonly status?: number;
  readonly headers?: readonly HeaderField[];
}

/** An answer in JSON. */
export function jsonResponse(
  value: unknown,
  { status = 200, headers = [] }: AnswerOptions = {},
): OutgoingResponse {
  return {
    status,
    headers: [["content-type", JSON_TYPE], ...CONTENT_FIELDS, ...headers],
    body: new TextEncoder().encode(JSON.stringify(value)),
  };
}

import {
  AuthError,
  ConnectionError,
  NotFoundError,
  type PbsError,
  ServerError,
} from "../errors/mod.ts";
import type { HeaderFields } from "../http/mod.ts";
import type { ErrorAnswer } from "./_parse_answers.ts";

/** Words of a server that are shown, characters. */
const MAX_SHOWN = 200;
/** Statuses that say "later" (spec: s3-datastore.md §11.6); 429 and 502 are ours. */
const PASSING_STATUSES: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);
/** Codes that say so with another status: nothing is wrong with the request but its way. */
const PASSING_CODES: ReadonlySet<string> = new Set([
  "RequestTimeout",
  "IncompleteBody",
  "BadDigest",
  "XAmzContentSHA256Mismatch",
  "OperationAborted",
  "ConditionalRequestConflict",
  "InternalError",
  "ServiceUnavailable",
  "SlowDown",
]);
const FULL_CODES: ReadonlySet<string> = new Set([
  "QuotaExceeded",
  "InsufficientStorage",
  "XMinioStorageFull",
  "XMinioAdminBucketQuotaExceeded",
  "EntityTooLargeForQuota",
]);

/** An answer that says no. */
export interface RefusedAnswer {
  readonly status: number;
  readonly headers: HeaderFields;
  /** The contents of its body; undefined if that is nothing of an object store. */
  readonly error: ErrorAnswer | undefined;
  readonly hasBody: boolean;
}

/** A request that was refused. */
export interface RefusedRequest {
  /** Such as `cannot write "a/b" to bucket "x" at host:443`. */
  readonly failed: string;
  readonly bucket: string | undefined;
  readonly region: string;
  /** Texts that no message may have in it. */
  readonly secrets: readonly string[];
}

/** Whether the same request may be granted a little later. */
export function isPassing({ status, error }: RefusedAnswer): boolean {
  if (FULL_CODES.has(error?.code ?? "")) return false;
  return PASSING_STATUSES.has(status) || status === 409 || isPassingCode(error?.code ?? "");
}

/** Whether a code stands for what may pass. */
export function isPassingCode(code: string): boolean {
  return PASSING_CODES.has(code);
}

/** The error of a refused request: one line that tells the way out, and no secret. */
export function describeRefusal(answer: RefusedAnswer, request: RefusedRequest): PbsError {
  const { status, error, headers } = answer;
  const { failed, bucket } = request;
  const code = shownSafely(error?.code ?? "", request.secrets);
  const said = shownSafely(error?.message ?? "", request.secrets);
  const name = code === "" ? `status ${status}` : `${code}, status ${status}`;
  const asked = failed + ": ";
  switch (error?.code) {
    case "NoSuchBucket":
      return new NotFoundError(
        `${asked}there is no such bucket (${name}); create it there, or correct its name or ` +
          "whether it belongs into the path (path style) or into the host's name",
      );
    case "InvalidAccessKeyId":
    case "XAdminUserNotFound":
      return new AuthError(`${asked}the access key is not known there (${name}); correct it`);
    case "SignatureDoesNotMatch":
      return new AuthError(
        `${asked}the secret key does not fit the access key (${name}); correct it`,
      );
    case "RequestTimeTooSkewed":
    case "RequestExpired": {
      const date = shownSafely(headers.get("date") ?? "", request.secrets);
      return new AuthError(
        `${asked}the clocks differ too much (${name}): it is ${new Date().toUTCString()} here` +
          `${date === "" ? "" : ` and ${date} there`}; set the clock of this machine`,
      );
    }
    case "AuthorizationHeaderMalformed":
    case "PermanentRedirect":
    case "TemporaryRedirect":
    case "IllegalLocationConstraintException":
      return wrongRegion(answer, request, name);
  }
  if (status === 301 || status === 302 || status === 307 || status === 308) {
    return wrongRegion(answer, request, name);
  }
  const detail = said === "" ? name : `${said} (${name})`;
  if (status === 507 || FULL_CODES.has(error?.code ?? "")) {
    return new ServerError(
      507,
      `${asked}the object store is full: ${detail}; make room there or raise the quota`,
    );
  }
  if (status === 401 || status === 403) {
    return new AuthError(
      `${asked}no permission: ${detail}; check the keys, the region "${request.region}" and what ` +
        `the access key may do${bucket === undefined ? "" : " in this bucket"}`,
    );
  }
  if (status === 404 && error?.code !== "NoSuchKey") {
    return new NotFoundError(
      `${asked}not found (${name}); check the name of the bucket, and whether it belongs into the ` +
        "path (path style) or into the host's name",
    );
  }
  if (status === 501 || status === 405) {
    return new ServerError(
      status,
      `${asked}the object store cannot do that: ${detail}; the quirks skip-if-none-match-header ` +
        "and delete-objects-via-delete-object make do without",
    );
  }
  if (isPassing(answer)) return new ConnectionError(`${asked}${detail}`);
  return new ServerError(status, asked + detail);
}

function wrongRegion(
  { headers, error }: RefusedAnswer,
  request: RefusedRequest,
  name: string,
): PbsError {
  const region = shownSafely(
    error?.region ?? headers.get("x-amz-bucket-region") ?? "",
    request.secrets,
  );
  return new AuthError(
    `${request.failed}: ${
      region === ""
        ? "the bucket is at another endpoint or in another region"
        : `the bucket is in region "${region}"`
    } (${name}), not "${request.region}"; correct region and endpoint`,
  );
}

/** Words of a server as they may be shown: one line of printable text, not long. */
export function shown(text: string): string {
  return text.replace(/[^\x20-\x7e\u00a0-\u024f…]+/g, " ").trim().slice(0, MAX_SHOWN);
}

/** As {@linkcode shown}, without secrets and signatures that a server repeats. */
function shownSafely(text: string, secrets: readonly string[]): string {
  let words = text.replace(/[0-9A-Fa-f]+/g, (hex) => hex.length < 64 ? hex : "…");
  for (const secret of secrets) words = words.replaceAll(secret, "…");
  return shown(words);
}

import {
  isAuthIdText,
  isRepositoryText,
  isSafeName,
  isServerName,
  isUpidText,
} from "../../lib/repository/mod.ts";
import { adviseOnBackupSpec } from "./backup_spec_advice.ts";
import { REPOSITORY_FORMS } from "../hints/hint_on_repository.ts";
import { parseByteSize } from "./parse_byte_size.ts";
import { parseTimeSpan } from "./parse_time_span.ts";
import type { ValueFormat } from "../command.ts";

const MISMATCH = "value does not match the regex pattern";

/** A format whose only reason for refusing is that the text does not match. */
function matching(name: string, accepts: (text: string) => boolean): ValueFormat {
  return { name, refusal: (text) => (accepts(text) ? undefined : MISMATCH) };
}

/** `[[auth-id@]server[:port]:]datastore`, or a path with a slash (spec: cli.md §2.1). */
export const REPOSITORY_FORMAT: ValueFormat = {
  name: "repository",
  advice: () => REPOSITORY_FORMS,
  refusal(text) {
    // The limit is that of servers' strings; a path may be as long as the system allows.
    if (!text.includes("/") && [...text].length > 256) {
      return "value may only be 256 characters long";
    }
    return isRepositoryText(text) ? undefined : MISMATCH;
  },
};

/** A DNS name, an IPv4 address or a bare IPv6 address (spec: cli.md §2.2). */
export const SERVER_FORMAT: ValueFormat = matching("server", isServerName);

/** A user or token id (spec: cli.md §2.1). */
export const AUTH_ID_FORMAT: ValueFormat = matching("auth-id", isAuthIdText);

/** Restricted characters: datastores and backup ids (spec: cli.md §6.1). */
export const SAFE_FORMAT: ValueFormat = matching("safe-name", isSafeName);

/** Up to eight components; the eighth is refused with a reason of its own later (cli.md §10, pitfall 28). */
export const NAMESPACE_FORMAT: ValueFormat = matching(
  "namespace",
  (text) => text === "" || (text.split("/").length <= 8 && text.split("/").every(isSafeName)),
);

/** A match pattern of restore: two characters at least, no backslash at the end (cli.md §6.7). */
export const PATTERN_FORMAT: ValueFormat = matching(
  "pattern",
  (text) => /^[^\n]+[^\\]$/u.test(text),
);

/** `name.kind:path` (spec: cli.md §4.1). */
export const BACKUP_SPEC_FORMAT: ValueFormat = {
  ...matching(
    "backup-spec",
    (text) => /^[a-zA-Z0-9_-]+\.(?:pxar|img|conf|log):[^\n]+$/u.test(text),
  ),
  advice: adviseOnBackupSpec,
};

/** What reminds of a passphrase: one line (spec: cli.md §4.14). */
export const HINT_FORMAT: ValueFormat = matching(
  "hint",
  // deno-lint-ignore no-control-regex
  (text) => !/[\x00-\x1f\x7f]/.test(text),
);

/** A size such as `10MiB` (spec: cli.md §6.5). */
export const BYTE_SIZE_FORMAT: ValueFormat = {
  name: "byte-size",
  refusal(text) {
    const size = parseByteSize(text);
    return typeof size === "number" ? undefined : `byte-size parse error for '${text}': ${size}`;
  },
};

/** A span of time such as `90` seconds or `1h30m`. Ours: the official client has no such value. */
export const TIME_SPAN_FORMAT: ValueFormat = matching(
  "time-span",
  (text) => parseTimeSpan(text) !== undefined,
);

/** A task identifier (spec: cli.md §6.1). */
export const UPID_FORMAT: ValueFormat = matching("upid", isUpidText);

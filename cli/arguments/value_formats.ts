import {
  isAuthIdText,
  isRepositoryText,
  isSafeName,
  isServerName,
  isUpidText,
} from "../../lib/repository/mod.ts";
import type { ValueFormat } from "../command.ts";
import { REPOSITORY_FORMS } from "./repository_forms.ts";
import { matchingFormat, MISMATCH } from "./matching_format.ts";

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
export const SERVER_FORMAT: ValueFormat = matchingFormat("server", isServerName);

/** A user or token id (spec: cli.md §2.1). */
export const AUTH_ID_FORMAT: ValueFormat = matchingFormat("auth-id", isAuthIdText);

/** Restricted characters: datastores and backup ids (spec: cli.md §6.1). */
export const SAFE_FORMAT: ValueFormat = matchingFormat("safe-name", isSafeName);

/**
 * Up to eight components; the eighth is refused with a reason of its own later (cli.md §10, pitfall
 * 28).
 */
export const NAMESPACE_FORMAT: ValueFormat = matchingFormat(
  "namespace",
  (text) => text === "" || (text.split("/").length <= 8 && text.split("/").every(isSafeName)),
);

/** A match pattern of restore: two characters at least, no backslash at the end (cli.md §6.7). */
export const PATTERN_FORMAT: ValueFormat = matchingFormat(
  "pattern",
  (text) => /^[^\n]+[^\\]$/u.test(text),
);

/** A reminder of a passphrase: one line (spec: cli.md §4.14). */
export const HINT_FORMAT: ValueFormat = matchingFormat(
  "hint",
  // deno-lint-ignore no-control-regex
  (text) => !/[\x00-\x1f\x7f]/.test(text),
);

/** A task identifier (spec: cli.md §6.1). */
export const UPID_FORMAT: ValueFormat = matchingFormat("upid", isUpidText);

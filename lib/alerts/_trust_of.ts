import type { ConfigTable } from "../tables/mod.ts";
import { normalizeFingerprint } from "../tls/mod.ts";
import type { TargetTrust } from "./alert_target.ts";

/** The keys that say which certificate is accepted. @throws {TableError} naming what is wrong. */
export function trustOf(table: ConfigTable): TargetTrust {
  const text = table.line("fingerprint");
  const authoritiesFile = table.line("ca-file");
  if (authoritiesFile !== undefined && !authoritiesFile.startsWith("/")) {
    table.fail("ca-file", "must be an absolute path");
  }
  if (text === undefined) return { authoritiesFile };
  if (authoritiesFile !== undefined) {
    table.fail("ca-file", 'only one of "fingerprint" and "ca-file" may be given');
  }
  try {
    return { fingerprint: normalizeFingerprint(text) };
  } catch {
    table.fail("fingerprint", "must be the 64 hex digits of a SHA-256 fingerprint");
  }
}

import type { ValueFormat } from "../command.ts";
import { adviseOnBackupSpec } from "./backup_spec_advice.ts";
import { matchingFormat } from "./matching_format.ts";

/** `name.kind:path` (spec: cli.md §4.1). */
export const BACKUP_SPEC_FORMAT: ValueFormat = {
  ...matchingFormat(
    "backup-spec",
    (text) => /^[a-zA-Z0-9_-]+\.(?:pxar|img|conf|log):[^\n]+$/u.test(text),
  ),
  advice: adviseOnBackupSpec,
};

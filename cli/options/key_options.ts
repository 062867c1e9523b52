import { HINT_FORMAT } from "../arguments/value_formats.ts";
import type { Parameter } from "../command.ts";

/** A positional that names a key file. */
export const KEY_PATH_POSITIONAL: Parameter = {
  name: "path",
  type: { kind: "string" },
  completion: "file-name",
  description: "Key file; the default encryption key if absent.",
};

/** How a new passphrase protects a key (spec: cli.md §4.14). */
export const KEY_PROTECTION_OPTIONS: readonly Parameter[] = [
  {
    name: "kdf",
    type: { kind: "enum", values: ["none", "scrypt", "pbkdf2"], checkedByCommand: true },
    default: "scrypt",
    description: "How the key that protects the file is derived from the passphrase; none stores " +
      "the key without protection.",
  },
  {
    name: "hint",
    type: { kind: "string", minLength: 1, maxLength: 64, format: HINT_FORMAT },
    description: "A reminder of the passphrase; stored unencrypted.",
  },
];

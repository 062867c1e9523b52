import { CRYPT_MODES } from "../../lib/repository/mod.ts";
import type { Parameter } from "../command.ts";

/** The key alone, for what only reads. */
export const KEYFILE_OPTION: Parameter = {
  name: "keyfile",
  type: { kind: "string" },
  completion: "file-name",
  description: "File with the encryption key.",
};

/** Which key encrypts (spec: cli.md §5.3). */
export const KEY_OPTIONS: readonly Parameter[] = [
  {
    name: "crypt-mode",
    type: {
      kind: "enum",
      values: CRYPT_MODES,
      checkedByCommand: true,
    },
    default: "encrypt",
    description: "What the key is used for: encryption and signing, signing, or nothing.",
  },
  KEYFILE_OPTION,
  {
    name: "keyfd",
    type: { kind: "integer", minimum: 0 },
    description: "File descriptor to read the encryption key from.",
  },
];

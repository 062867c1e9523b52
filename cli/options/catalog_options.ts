import type { Parameter } from "../command.ts";
import { ALSO_FROM_OPTION } from "./also_from_option.ts";
import { KEY_OPTIONS } from "./crypt_options.ts";
import { TARGET_OPTIONS } from "./repository_options.ts";

/** Options of the commands that read a catalog (spec: cli.md §4.11); `also-from` and `ignore-catalog` are ours. */
export const CATALOG_OPTIONS: readonly Parameter[] = [
  ...TARGET_OPTIONS,
  ALSO_FROM_OPTION,
  ...KEY_OPTIONS.filter(({ name }) => name !== "crypt-mode"),
  {
    name: "ignore-catalog",
    type: { kind: "boolean" },
    default: false,
    description: "Read the names from the archives themselves, as where there is no catalog.",
  },
];

import { UsageError } from "../../lib/errors/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import { findConfigFile } from "./find_config_file.ts";
import type { Environment } from "./environment.ts";

const MODES = ["none", "encrypt", "sign-only"];

/** Whether a backup has to be encrypted or signed (spec: cli.md §5.3). */
export function wantsKey(values: CommandValues, environment: Environment): boolean {
  const mode = values.text("crypt-mode");
  if (mode !== undefined && !MODES.includes(mode)) {
    throw new UsageError(
      `unknown variant \`${mode}\`, expected one of \`none\`, \`encrypt\`, \`sign-only\``,
    );
  }
  const hasKey = values.has("keyfile") || values.has("keyfd");
  const hasMaster = values.has("master-pubkey-file") || values.has("master-pubkey-fd");
  if (
    (values.has("keyfile") && values.has("keyfd")) ||
    (values.has("master-pubkey-file") && values.has("master-pubkey-fd"))
  ) {
    throw new UsageError("--keyfile and --keyfd are mutually exclusive");
  }
  if (mode === "none") {
    if (hasKey) {
      throw new UsageError("--keyfile/--keyfd and --crypt-mode=none are mutually exclusive");
    }
    if (hasMaster) {
      throw new UsageError(
        "--master-pubkey-file/--master-pubkey-fd and --crypt-mode=none are mutually exclusive",
      );
    }
    return false;
  }
  if (hasKey) return true;
  const hasDefault = findConfigFile(environment, "encryption-key.json") !== undefined;
  if (mode !== undefined && !hasDefault) {
    throw new UsageError("--crypt-mode without --keyfile and no default key file available");
  }
  if (hasMaster && !hasDefault) {
    throw new UsageError(
      "--master-pubkey-file/--master-pubkey-fd specified, but no key available",
    );
  }
  return hasDefault;
}

import { UsageError } from "../../lib/errors/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import { findConfigFile } from "../files/find_config_file.ts";
import { userFile } from "../files/user_file.ts";
import { DEFAULT_KEY_NAME } from "./read_crypt_options.ts";

/** A path that was given, or that of the default. */
export interface KeyPath {
  readonly path: string;
  readonly isDefault: boolean;
}

/**
 * The key file that a command is about: the given one, else the default encryption key.
 *
 * @throws {UsageError} if there is neither.
 */
export function existingKeyPath(values: CommandValues, { environment }: CommandContext): KeyPath {
  const path = values.text("path");
  if (path !== undefined) return { path, isDefault: false };
  const found = findConfigFile(environment, DEFAULT_KEY_NAME);
  if (found === undefined) {
    throw new UsageError("no encryption file provided and no default file found");
  }
  return { path: found, isDefault: true };
}

/**
 * Path of a new file of the user's configuration; its folder is made.
 *
 * @param name Name below the configuration folder.
 * @throws {UsageError} if the user has no such folder.
 */
export function newConfigPath({ environment }: CommandContext, name: string): string {
  const path = userFile(environment, "XDG_CONFIG_HOME", ".config", name);
  if (path === undefined) {
    throw new UsageError("neither HOME nor XDG_CONFIG_HOME says where the default key belongs");
  }
  Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  return path;
}

import { UsageError } from "../../lib/errors/mod.ts";
import { CRYPT_MODES, type CryptMode } from "../../lib/repository/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import { findConfigFile } from "../files/find_config_file.ts";
import { readInputDescriptor, readInputPath } from "../files/read_input.ts";
import type { KeyInput } from "./key_source.ts";

/** Meaning of the key options: the mode, and the keys that go with it. */
export type CryptOptions =
  | { readonly mode: "none" }
  | {
    readonly mode: "encrypt" | "sign-only";
    readonly key: KeyInput;
    readonly masterKey?: KeyInput;
  };

/** Name of the default encryption key below the configuration folder. */
export const DEFAULT_KEY_NAME = "encryption-key.json";
/** Name of the default public master key. */
export const DEFAULT_MASTER_KEY_NAME = "master-public.pem";

/**
 * Finds out whether and with which keys to encrypt (spec: cli.md §5.3, datastore-formats.md §4.8).
 * Keys are read, not opened; files before anything is judged, so that one that cannot be read is
 * always an error.
 *
 * @throws {UsageError} if the options contradict themselves, or a key that they need is missing.
 */
export function readCryptOptions(values: CommandValues, context: CommandContext): CryptOptions {
  const mode = cryptMode(values);
  const key = givenKey(values, "keyfile", "keyfd");
  const masterKey = givenKey(values, "master-pubkey-file", "master-pubkey-fd");
  if (mode === "none") {
    if (key !== undefined) {
      throw new UsageError("--keyfile/--keyfd and --crypt-mode=none are mutually exclusive");
    }
    if (masterKey !== undefined) {
      throw new UsageError(
        "--master-pubkey-file/--master-pubkey-fd and --crypt-mode=none are mutually exclusive",
      );
    }
    return { mode };
  }
  const usedKey = key ?? defaultKey(context, DEFAULT_KEY_NAME);
  if (usedKey === undefined) {
    if (mode !== undefined) {
      throw new UsageError("--crypt-mode without --keyfile and no default key file available", {
        situation: { kind: "no-key-file" },
      });
    }
    if (masterKey === undefined) return { mode: "none" };
    throw new UsageError(
      "--master-pubkey-file/--master-pubkey-fd specified, but no key available",
      { situation: { kind: "no-key-file" } },
    );
  }
  if (mode !== undefined && key === undefined) {
    context.output.log("info", "Encrypting with default encryption key!");
  }
  const usedMasterKey = masterKey ?? defaultKey(context, DEFAULT_MASTER_KEY_NAME);
  return {
    mode: mode ?? "encrypt",
    key: usedKey,
    ...(usedMasterKey === undefined ? {} : { masterKey: usedMasterKey }),
  };
}

function cryptMode(values: CommandValues): CryptMode | undefined {
  const text = values.givenText("crypt-mode");
  const mode = CRYPT_MODES.find((candidate) => candidate === text);
  if (text !== undefined && mode === undefined) {
    throw new UsageError(
      `unknown variant \`${text}\`, expected one of \`none\`, \`encrypt\`, \`sign-only\``,
    );
  }
  return mode;
}

/** The key that one of two options names, read and not opened; undefined if neither was given. */
export function givenKey(
  values: CommandValues,
  pathOption: string,
  descriptorOption: string,
): KeyInput | undefined {
  const path = values.text(pathOption);
  const descriptor = values.integer(descriptorOption);
  if (path !== undefined && descriptor !== undefined) {
    // The same words for the master key: scripts may look for them.
    throw new UsageError("--keyfile and --keyfd are mutually exclusive");
  }
  if (path !== undefined) return { source: { kind: "file", path }, bytes: readInputPath(path) };
  if (descriptor === undefined) return undefined;
  return { source: { kind: "descriptor" }, bytes: readInputDescriptor(descriptor) };
}

function defaultKey({ environment }: CommandContext, name: string): KeyInput | undefined {
  const path = findConfigFile(environment, name);
  if (path === undefined) return undefined;
  return { source: { kind: "default", path }, bytes: readInputPath(path) };
}

import { ENCRYPTED_KEY_BLOB_NAME } from "../../lib/repository/mod.ts";
import type { HintContext } from "./hint_context.ts";

/** Keys that are not there, not the right ones, or do not open. */
export const hintOnKey = {
  "no-key": ({ hasMasterKeyCopy }: KeyAtHand, context: HintContext): string =>
    withKeyCopy(
      "give the key it was made with: --keyfile FILE, or as encryption-key.json in the default place",
      hasMasterKeyCopy,
      context,
    ),

  "other-key": ({ hasMasterKeyCopy }: KeyAtHand, context: HintContext): string =>
    withKeyCopy(
      `give the key it was made with: --keyfile FILE ("${context.program} key show FILE" shows the ` +
        "fingerprint of one)",
      hasMasterKeyCopy,
      context,
    ),

  "no-key-file": (_: unknown, { program }: HintContext): string =>
    `"${program} key create" makes a default key; --keyfile FILE names another one`,

  "group-is-encrypted": (): string =>
    "earlier snapshots of this group are encrypted and this one is not: give --keyfile FILE if " +
    "that is not wanted",

  "wrong-passphrase": ({ reminder }: { readonly reminder?: string }): string =>
    "this passphrase does not open the key" +
    (reminder === undefined ? "" : `; what was stored as a reminder is: ${reminder}`) +
    "; PBS_ENCRYPTION_PASSWORD counts before a question",

  "no-passphrase": ({ variable }: { readonly variable: string }): string =>
    `set ${variable}, ${variable}_FILE, ${variable}_FD or ${variable}_CMD, or run it on a terminal`,
};

interface KeyAtHand {
  readonly hasMasterKeyCopy?: boolean;
}

/** A snapshot that holds its key for the owner of the master key is not lost without the key. */
function withKeyCopy(
  advice: string,
  hasMasterKeyCopy: boolean | undefined,
  { program, command, values }: HintContext,
): string {
  if (hasMasterKeyCopy !== true) return advice;
  const snapshot = command?.name === "restore" ? values?.text("snapshot") : undefined;
  return `${advice}; if it is lost, the snapshot holds it for the owner of the master key: ` +
    `"${program} restore ${snapshot ?? "<snapshot>"} ${ENCRYPTED_KEY_BLOB_NAME} ./key.rsa", then ` +
    `"${program} key import-with-master-key"`;
}

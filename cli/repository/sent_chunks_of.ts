import type { BackupCrypt, SentChunks } from "../../lib/backup/mod.ts";
import { encodeHex } from "../../lib/bytes/mod.ts";
import { type BackupSnapshot, formatGroupPath } from "../../lib/repository/mod.ts";
import type { CommandContext } from "../command_context.ts";
import { userFile } from "../files/user_file.ts";

/**
 * Chunks that an interrupted run of this user had sent of the same group, with the same key, to the
 * repository that the command works with. In memory alone if the user has no folder for caches.
 */
export async function sentChunksOf(
  { environment, use }: CommandContext,
  namespace: string,
  snapshot: BackupSnapshot,
  crypt: BackupCrypt | undefined,
): Promise<SentChunks> {
  const { SentChunks } = await import("../../lib/backup/mod.ts");
  const folder = userFile(environment, "XDG_CACHE_HOME", ".cache", "sent-chunks");
  const { address, name } = use;
  if (folder === undefined || address === undefined) return new SentChunks();
  const fingerprint = crypt?.mode === "encrypt" ? encodeHex(crypt.config.fingerprint) : "";
  const key = [name, namespace, formatGroupPath(snapshot), fingerprint];
  return new SentChunks({ folder, key: JSON.stringify(key) });
}

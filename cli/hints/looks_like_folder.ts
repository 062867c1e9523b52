import type { ServerRepositoryAddress } from "../../lib/repository/mod.ts";

/** Whether a repository that is only a name may have been meant as a folder: there is one. */
export function looksLikeFolder({ host, authId, datastore }: ServerRepositoryAddress): boolean {
  if (host !== undefined || authId !== undefined) return false;
  try {
    return Deno.statSync(datastore).isDirectory;
  } catch {
    return false;
  }
}

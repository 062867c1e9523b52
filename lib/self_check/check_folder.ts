import type { Finding } from "./finding.ts";

/** Write permission of others than the owner. */
const OTHERS_WRITE = 0o022;

/**
 * Whether a folder of the user is safe: theirs, and nobody else may write to it. One that is not there is
 * made when it is needed.
 *
 * @param part What it is called in the finding.
 */
export function checkFolder(part: string, path: string): Finding {
  let found: Deno.FileInfo;
  try {
    found = Deno.statSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return { part, verdict: "good", detail: `${path} is made when it is needed` };
  }
  const bad = (detail: string): Finding => ({ part, verdict: "bad", detail });
  if (!found.isDirectory) return bad(`${path} is no folder: remove it`);
  const user = Deno.uid();
  if (found.uid !== user) return bad(`${path} belongs to user ${found.uid}, not to ${user}`);
  if ((found.mode! & OTHERS_WRITE) !== 0) {
    return bad(`others than its owner may write to ${path}: chmod go-w ${path}`);
  }
  return { part, verdict: "good", detail: path };
}

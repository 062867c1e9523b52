import { encodeHex } from "../../lib/bytes/mod.ts";

/**
 * Names, contents and metadata of a folder, one line each, to compare trees by.
 *
 * @param omit Ends of paths that are left out.
 */
export async function listTree(folder: string, omit: readonly string[] = []): Promise<string> {
  const lines: string[] = [];
  const names = new Map<number, string>();
  const visit = async (path: string): Promise<void> => {
    const full = `${folder}${path}`;
    if (omit.some((end) => path.endsWith(end))) return;
    const { mode, uid, gid, size, mtime, ino, isFile, isDirectory, isSymlink } = await Deno.lstat(
      full,
    );
    const first = names.get(ino!);
    if (first === undefined) names.set(ino!, path);
    const content = isFile
      ? `${size} ${
        encodeHex(new Uint8Array(await crypto.subtle.digest("SHA-256", await Deno.readFile(full))))
      }`
      : isSymlink
      ? await Deno.readLink(full)
      : "";
    const owner = `${mode!.toString(8)} ${uid}:${gid} ${mtime!.getTime()}`;
    // What stands beside the tree is a stream: it has no metadata in an archive.
    const described = path.startsWith("/tree")
      ? `${owner}${first ? ` same as "${first}"` : ""} ${content}`
      : content;
    lines.push(`${JSON.stringify(path)} ${described}`);
    if (!isDirectory) return;
    const entries = await Array.fromAsync(Deno.readDir(full));
    for (const { name } of entries.sort((a, b) => a.name < b.name ? -1 : 1)) {
      await visit(`${path}/${name}`);
    }
  };
  await visit("");
  return lines.join("\n");
}

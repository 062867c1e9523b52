/**
 * Text files below some folders of a checkout.
 *
 * @param root Folder that the paths are relative to.
 * @param folders Folders to look through with all their subfolders; `.` alone without them.
 * @param endings What a file's name must end with.
 * @returns Path relative to `root`, and the text.
 */
export async function readTree(
  root: URL,
  folders: readonly string[],
  endings: readonly string[],
): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  const visit = async (folder: string): Promise<void> => {
    for await (const entry of Deno.readDir(new URL(folder, root))) {
      const path = folder === "." ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory && folder !== "." && !SKIPPED.has(path)) await visit(path);
      if (entry.isFile && endings.some((ending) => path.endsWith(ending))) {
        files.set(path, await Deno.readTextFile(new URL(path, root)));
      }
    }
  };
  for (const folder of folders) await visit(folder);
  return files;
}

/** What is built or recorded, not written here. */
const SKIPPED = new Set(["native/target", "tests/vectors"]);

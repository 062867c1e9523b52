interface FoundFile {
  readonly path: string;
  readonly bytes: number;
}

/**
 * Copies files of a tree, taken evenly from all of it, until they have a given size together.
 *
 * @param tree Where they come from; other file systems below it are left out.
 * @param path The copy; made.
 * @param sizeBytes About so much is taken, or everything.
 */
export async function sampleTree(tree: string, path: string, sizeBytes: number): Promise<void> {
  const find = await new Deno.Command("find", {
    args: [tree, "-xdev", "-type", "f", "-printf", "%s %P\\0"],
    stderr: "null",
  }).output();
  const files = new TextDecoder().decode(find.stdout).split("\0").filter(Boolean)
    .map((line): FoundFile => {
      const space = line.indexOf(" ");
      return { path: line.slice(space + 1), bytes: Number(line.slice(0, space)) };
    })
    .sort((a, b) => a.path < b.path ? -1 : 1);
  await Deno.mkdir(path);
  const copy = new Deno.Command("bash", {
    args: ["-o", "pipefail", "-c", 'tar -C "$0" --null -T - -cf - | tar -C "$1" -xf -', tree, path],
    stdin: "piped",
  }).spawn();
  const names = new Blob(takeEvenly(files, sizeBytes).map((file) => `./${file.path}\0`));
  await names.stream().pipeTo(copy.stdin);
  if (!(await copy.status).success) throw new Error(`cannot copy files of ${tree}`);
}

/** Files of which the sizes stay at the wanted share of the sizes of all that came before. */
function takeEvenly(files: readonly FoundFile[], sizeBytes: number): FoundFile[] {
  const allBytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const share = Math.min(1, sizeBytes / allBytes);
  let [passedBytes, takenBytes] = [0, 0];
  return files.filter((file) => {
    passedBytes += file.bytes;
    if (takenBytes + file.bytes > passedBytes * share) return false;
    takenBytes += file.bytes;
    return true;
  });
}

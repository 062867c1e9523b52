import { dirname } from "@std/path";

/** A file of a package. */
export interface PackageFile {
  /** Where it is installed, without leading slash. */
  readonly path: string;
  /** Permission bits; those of a file that all may read if absent. */
  readonly mode?: number;
  /** What is in it, or which file it is a copy of, or what it links to. */
  readonly content: Uint8Array | string | { readonly copyOf: string } | { readonly link: string };
}

/**
 * Lays files out below a folder, with times, modes and order that depend on nothing else.
 *
 * @param dateSecs Time of every file and folder, in seconds since 1970.
 */
export async function writePackageFiles(
  folder: string,
  files: readonly PackageFile[],
  dateSecs: number,
): Promise<void> {
  const folders = new Set<string>();
  for (const { path, mode = 0o644, content } of files) {
    const target = `${folder}/${path}`;
    await Deno.mkdir(dirname(target), { recursive: true });
    for (let above = dirname(path); above !== "."; above = dirname(above)) folders.add(above);
    if (content instanceof Uint8Array) await Deno.writeFile(target, content);
    else if (typeof content === "string") await Deno.writeTextFile(target, content);
    else if ("link" in content) {
      // A link has no mode, and its time cannot be set here: packages hold that of the build.
      await Deno.symlink(content.link, target);
      continue;
    } else await Deno.copyFile(content.copyOf, target);
    await Deno.chmod(target, mode);
    await Deno.utime(target, dateSecs, dateSecs);
  }
  // From the innermost: making an entry changes the time of the folder that it is in.
  for (const path of [...folders].toSorted().reverse()) {
    await Deno.chmod(`${folder}/${path}`, 0o755);
    await Deno.utime(`${folder}/${path}`, dateSecs, dateSecs);
  }
}

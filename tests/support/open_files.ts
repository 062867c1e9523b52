/** Paths of the files that this process has open, as far as they begin with the given one. */
export function openFilesAt(path: string): string[] {
  const found: string[] = [];
  for (const { name } of Deno.readDirSync("/proc/self/fd")) {
    try {
      found.push(Deno.readLinkSync(`/proc/self/fd/${name}`));
    } catch {
      // The descriptor of the listing itself, or one that the runtime has closed meanwhile.
    }
  }
  return found.filter((target) => target.startsWith(path));
}

/**
 * Locks that anybody holds on files of a datastore, other than chunks, as the kernel tells them of each
 * open file. Its list of all, /proc/locks, comes in pieces: with many locks on the machine, some are
 * missing or there twice when others come and go.
 *
 * @returns Sorted lines `FILE FLOCK|POSIX READ|WRITE`, with paths relative to the datastore.
 */
export function kernelLocks(store: string): string[] {
  const root = `${Deno.realPathSync(store)}/`;
  /** By the kernel's words, which name process and file: a process may have a file open twice. */
  const found = new Map<string, string>();
  for (const { name: id } of Deno.readDirSync("/proc")) {
    if (!/^\d+$/.test(id)) continue;
    for (const [number, path] of openFiles(id)) {
      if (!path.startsWith(root) || path.startsWith(`${root}.chunks/`)) continue;
      if (path.endsWith(" (deleted)")) continue;
      for (const line of unlessGone(() => locksOf(id, number)) ?? []) {
        const [kind, , mode] = line.split(/\s+/);
        found.set(line, `${path.slice(root.length)} ${kind} ${mode}`);
      }
    }
  }
  return [...found.values()].sort();
}

/** Numbers and paths of what a process has open. */
function openFiles(id: string): [string, string][] {
  const numbers = unlessGone(() => [...Deno.readDirSync(`/proc/${id}/fd`)]) ?? [];
  return numbers.flatMap(({ name }) => {
    const path = unlessGone(() => Deno.readLinkSync(`/proc/${id}/fd/${name}`));
    return path === undefined ? [] : [[name, path]];
  });
}

/** Lines such as `FLOCK  ADVISORY  WRITE 212 00:1b:21 0 EOF`. */
function locksOf(id: string, number: string): string[] {
  const text = Deno.readTextFileSync(`/proc/${id}/fdinfo/${number}`);
  return [...text.matchAll(/^lock:\s+\d+: (.*)$/gm)].map(([, words]) => words!);
}

/** Processes end, and close files, while they are looked at. */
function unlessGone<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

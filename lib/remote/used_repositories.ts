import { readCacheFile, replaceCacheFile } from "./_cache_file.ts";

const FILE_MODE = 0o644;
/** How many are remembered (spec: cli.md §5.1). */
const MAX_REPOSITORIES = 10;

/**
 * Repositories that were used, with how often, in the file that the official client keeps
 * (spec: cli.md §5.1). Completion offers them.
 */
export class UsedRepositories {
  /** @param path For instance `~/.cache/proxmox-backup/repo-list`. */
  constructor(readonly path: string) {}

  /** Their names; none if there is no file, or a damaged one. */
  names(): string[] {
    return [...this.#read().keys()];
  }

  /**
   * Counts a use. Of too many the ones least used go, but never the one that is counted.
   *
   * @returns Why it could not be stored, or undefined.
   */
  count(name: string): string | undefined {
    const counts = this.#read();
    const uses = (counts.get(name) ?? 0) + 1;
    counts.delete(name);
    const others = [...counts].toSorted(([, a], [, b]) => b - a).slice(0, MAX_REPOSITORIES - 1);
    const kept = [[name, uses] as const, ...others].toSorted(([a], [b]) => (a < b ? -1 : 1));
    return replaceCacheFile(this.path, JSON.stringify(Object.fromEntries(kept)), FILE_MODE);
  }

  #read(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const [name, uses] of Object.entries(parseObject(readCacheFile(this.path)))) {
      if (Number.isSafeInteger(uses)) counts.set(name, uses as number);
    }
    return counts;
  }
}

function parseObject(text: string | undefined): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text ?? "{}");
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? value as Record<string, unknown> : {};
  } catch {
    // A cache that is damaged is an empty one.
    return {};
  }
}

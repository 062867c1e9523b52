import { readCacheFile, replaceCacheFile } from "./_cache_file.ts";

const FILE_MODE = 0o644;

/**
 * The certificates a user has accepted, in the file that the official client keeps
 * (spec: protocol.md §1.3): one line `server fingerprint` for each server.
 */
export class FingerprintCache {
  /** @param path For instance `~/.config/proxmox-backup/fingerprints`. */
  constructor(readonly path: string) {}

  /** @param server Host as in the repository, without port. */
  load(server: string): string | undefined {
    for (const words of this.#entries()) if (words[0] === server) return words[1];
    return undefined;
  }

  /**
   * Remembers a fingerprint. All other entries stay, lines that are none go.
   *
   * @returns Why it could not be stored, or undefined.
   */
  store(server: string, fingerprint: string): string | undefined {
    const others = this.#entries().filter(([name]) => name !== server);
    const lines = [...others, [server, fingerprint] as const].map((words) => words.join(" "));
    return replaceCacheFile(this.path, lines.join("\n") + "\n", FILE_MODE);
  }

  #entries(): (readonly [string, string])[] {
    return (readCacheFile(this.path) ?? "").split("\n").flatMap((line) => {
      const words = line.trim().split(/\s+/);
      return words.length === 2 ? [[words[0]!, words[1]!] as const] : [];
    });
  }
}

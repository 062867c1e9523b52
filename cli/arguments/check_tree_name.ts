import { UsageError } from "../../lib/errors/mod.ts";
import { checkArchiveName } from "./check_archive_name.ts";

/**
 * Refuses the name of what is no file archive, before anything is read.
 *
 * @param words What to say then.
 * @throws {UsageError} also if the name tells no type (spec: cli.md §6.4).
 */
export function checkTreeName(name: string, words: string): void {
  const { serverName } = checkArchiveName(name);
  if (!/\.[mp]?pxar\.didx$/.test(serverName)) throw new UsageError(words);
}

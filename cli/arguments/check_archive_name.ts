import { UsageError } from "../../lib/errors/mod.ts";
import { type ArchiveName, parseArchiveName } from "../../lib/repository/mod.ts";

/** The parts of an archive's name. @throws {UsageError} if it tells no type (spec: cli.md §6.4). */
export function checkArchiveName(name: string): ArchiveName {
  try {
    return parseArchiveName(name);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(`failed to parse archive type for '${name}'`, {
      situation: { kind: "archive-name-without-type", name },
    });
  }
}

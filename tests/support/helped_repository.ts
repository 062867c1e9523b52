import { OtherPlaces, type OtherUse, withOthers } from "../../lib/elsewhere/mod.ts";
import type { Repository } from "../../lib/repository/mod.ts";

/** A repository that is read with the help of others, and what was taken from them. */
export interface HelpedRepository extends AsyncDisposable {
  readonly repository: Repository;
  /** Lines for people, `level: text`. */
  readonly lines: readonly string[];
  uses(): readonly OtherUse[];
}

/** Reads a repository with the help of others, all of which stay the caller's. */
export function helpedRepository(
  repository: Repository,
  ...others: Repository[]
): HelpedRepository {
  const lines: string[] = [];
  const places = new OtherPlaces(others, { log: (level, line) => lines.push(`${level}: ${line}`) });
  return {
    repository: withOthers(repository, places, () => Promise.resolve()),
    lines,
    uses: () => places.uses,
    [Symbol.asyncDispose]: () => places[Symbol.asyncDispose](),
  };
}

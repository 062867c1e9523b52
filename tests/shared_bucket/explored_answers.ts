/**
 * What processes look at in an answer: two answers that a process cannot tell apart lead to the same state.
 * A change of the real code that looks at more has to be repeated here.
 */

/** One of those who work at the same time. */
export interface Role {
  /** Whether it collects garbage. */
  readonly isCollector: boolean;
  /** Group that it works on, which nobody else does: `host/a`. */
  readonly group: string;
}

/** An object in a listing. */
export interface ListedAnswer {
  readonly key: string;
  readonly etag: string;
  /** Seconds. */
  readonly age: number;
}

/** Beginning of the keys of what a datastore keeps for its writers. */
const SHARED = "tank/.shared/";

/**
 * Whether a request neither shows its process anything that matters nor others anything of it. There is one
 * collector.
 *
 * @param lastPut Name of the object that the process has written last.
 */
export function isLocal({ isCollector, group }: Role, text: string, lastPut: string): boolean {
  if (text === "get tank/.in-use" || text.includes(` ${SHARED}files/`)) return true;
  // Tried a second time, to see that it is refused.
  if (text === `put ${lastPut}`) return true;
  if (isCollector) return isLocalOfCollector(text, lastPut);
  const own = `tank/.cnt/${group}/`;
  return text === "list tank/.cnt/" || text.startsWith(`list ${own}`) ||
    text === `put ${own}owner` || text.includes(` ${SHARED}locks/`) ||
    // It was asked only for the sake of the collections.
    text === `list ${SHARED}sessions/` || text === `list ${SHARED}decisions/`;
}

function isLocalOfCollector(text: string, lastPut: string): boolean {
  // Its own session is there for the file with its figures, at the end.
  if (text.startsWith(`put ${SHARED}sessions/`) || lastPut.startsWith(`${SHARED}sessions/`)) {
    return true;
  }
  // Writers look at a collection from the moment when it is published.
  if (/^(put|get) .*\/(begun|sessions|candidates\/[^/]+)$|^get .*\/published$/.test(text)) {
    return true;
  }
  // Until then it looks for other collections only.
  return text === `list ${SHARED}sessions/` && !/\/(published|sessions|deleting)$/.test(lastPut);
}

/** What a process sees of a listing. */
export function seenOf(
  { isCollector }: Role,
  prefix: string,
  objects: readonly ListedAnswer[],
): string {
  const all = (found: readonly ListedAnswer[]) =>
    found.map(({ key, etag, age }) => `${key} ${etag} ${age}`).sort().join();
  switch (prefix) {
    case "tank/.cnt/":
      return all(objects.filter(({ key }) => /\.[fd]idx$/.test(key)));
    case `${SHARED}locks/`:
    // Those that are not old are of no interest; decisions only if there are such sessions.
    case `${SHARED}decisions/`:
      return all(objects.filter(({ age }) => age > 0));
    case `${SHARED}collections/`: {
      const found = objects.filter(({ key }) => !key.includes("/rescued/"));
      return isCollector ? all(found) : newestOf(found);
    }
    default:
      return all(objects);
  }
}

/** The newest collection as writers see it. */
function newestOf(objects: readonly ListedAnswer[]): string {
  const numbers = objects.map(({ key }) => key.slice(0, key.lastIndexOf("/0") + 12));
  const newest = numbers.sort().at(-1);
  const own = objects.filter(({ key }) => newest !== undefined && key.startsWith(newest));
  if (!own.some(({ key }) => key.endsWith("/published"))) return "";
  return own.filter(({ key }) => /\/published$|\/done$|\/candidates\//.test(key))
    .map(({ key }) => key).sort().join();
}

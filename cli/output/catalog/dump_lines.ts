import { quotePath } from "../../../lib/bytes/mod.ts";
import type { NameEntry, NameVisit } from "../../../lib/shell/mod.ts";
import { formatEntryTime } from "../format_entry_time.ts";

/** Lines of a dump, an entry each (spec: cli.md §4.11). */
export class DumpLines {
  /** Quoted paths of the directories that are open, each with a slash at its end. */
  readonly #above: string[];

  /** @param archive Name of the archive that the paths lie in; absent if they begin with it. */
  constructor(archive?: string) {
    this.#above = [archive === undefined ? "./" : `./${inner(encoder.encode(archive))}/`];
  }

  /** The line of an entry. */
  of({ entry, path }: NameVisit): string {
    const depth = path.length;
    const shown = this.#above[depth - 1]! + inner(entry.name);
    if (entry.type === "d") this.#above[depth] = `${shown}/`;
    return lineOf(entry, shown);
  }

  /** The line of the archive itself. */
  ofArchive(): string {
    return `d "${this.#above[0]!.slice(0, -1)}"`;
  }
}

const encoder = new TextEncoder();

function lineOf({ type, size, mtimeSecs }: NameEntry, path: string): string {
  const line = `${type} "${path}"`;
  return type === "f" ? `${line} ${size} ${timeOf(mtimeSecs)}` : line;
}

/** A name as it stands within quotes. */
function inner(name: Uint8Array): string {
  return quotePath(name).slice(1, -1);
}

/** Local time, whatever the letter at its end says; the plain seconds of years without four digits. */
function timeOf(seconds: number): string {
  const text = formatEntryTime(seconds);
  return text.includes(" ") ? `${text.replace(" ", "T")}Z` : text;
}

import type { PxarEntry } from "../../lib/pxar/mod.ts";
import { formatEntryTime } from "./format_entry_time.ts";
import { formatMode } from "./format_mode.ts";
import { shownName } from "./shown_name.ts";

/** Lines that are laid out, and written, together: large folders are not kept as a whole. */
const BATCH_LINES = 1000;

/** An entry that is listed. */
export interface ListedEntry {
  /** Name, or path. */
  readonly name: Uint8Array;
  /** Entry that is told of: of a hard link the file that it stands for. */
  readonly entry: PxarEntry;
  /** Path of which a hard link is a further name. */
  readonly link?: Uint8Array;
}

/**
 * Entries in long lines, as `ls -l` shows them, but for the number of links, which archives do not tell:
 * mode, owner, group, size, time, name, and where a link leads.
 */
export class EntryLines {
  readonly #print: (text: string) => void;
  #rows: string[][] = [];
  /** Of owner, group and size; they only get wider. */
  readonly #widths = [0, 0, 0];

  /** @param print Gets whole lines. */
  constructor(print: (text: string) => void) {
    this.#print = print;
  }

  add({ name, entry, link }: ListedEntry): void {
    const { metadata, kind, target } = entry;
    const { mode = 0, uid = 0, gid = 0, mtimeSecs = 0, acl } = metadata ?? {};
    const arrow = link !== undefined
      ? ` = ${shownName(link)}`
      : target !== undefined
      ? ` -> ${shownName(target)}`
      : "";
    this.#rows.push([
      String(uid),
      String(gid),
      kind === "device"
        ? `${entry.major}, ${entry.minor}`
        : String(kind === "symlink" ? target!.length : entry.size),
      `${formatMode(mode)}${acl === undefined ? " " : "+"}`,
      `${formatEntryTime(mtimeSecs)} ${shownName(name)}${arrow}`,
    ]);
    if (this.#rows.length === BATCH_LINES) this.flush();
  }

  /** Writes what is left. */
  flush(): void {
    const rows = this.#rows.splice(0);
    for (const row of rows) {
      for (const column of this.#widths.keys()) {
        this.#widths[column] = Math.max(this.#widths[column]!, row[column]!.length);
      }
    }
    const [uidWidth, gidWidth, sizeWidth] = this.#widths as [number, number, number];
    const lines = rows.map(([uid, gid, size, mode, rest]) =>
      `${mode} ${uid!.padStart(uidWidth)} ${gid!.padStart(gidWidth)} ${
        size!.padStart(sizeWidth)
      } ${rest}\n`
    );
    this.#print(lines.join(""));
  }
}

import {
  closeFile,
  FileStat,
  openFile,
  OpenFlag,
  statFile,
  statPath,
} from "../../ffi/posix_files.ts";
import { quotePath } from "../bytes/mod.ts";
import { parseMountTable } from "./mount_table.ts";
import { type EnteredFileSystems, isEntered, type PlaceBelow } from "./places_below.ts";
import { mountIdOf, O_PATH, pathBelow, type SourcePlace, typeOf } from "./source_place.ts";
import type { Workshop } from "./workshop.ts";

/** A mount whose mount point is not UTF-8 text, so that no text names it. */
export interface OddMount {
  readonly id: number;
  /** Mount point, raw bytes. */
  readonly path: Uint8Array;
}

/** A source that is read from a view, and what is below it. */
export interface ViewedSource {
  readonly place: SourcePlace;
  readonly below: readonly PlaceBelow[];
  readonly entered: EnteredFileSystems;
  /** Path of the view in the private mounts. */
  readonly view: string;
}

/** Sign in a decoded text for bytes that are none. */
const MARK = "\ufffd";
/** Programs cannot be given such a name, other than by a shell: each byte is an octal number here. */
const HIDE = `p=$(printf '%b_' "$1"); p=\${p%_}
if [ -d "$p" ]; then exec mount -t tmpfs -o ro,mode=0700 pbs-client "$p"; fi
exec mount -o bind /dev/null "$p"`;

/**
 * The mounts of `/proc/self/mountinfo` whose mount points are not UTF-8 text.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const line = "36 35 98:0 / /mnt/b_ rw - ext4 /dev/x rw\n";
 * const bytes = new TextEncoder().encode(line + line).map((b) => b === 0x5f ? 0xff : b);
 * const [odd] = oddMounts(bytes);
 * assertEquals(odd, { id: 36, path: new Uint8Array([0x2f, 0x6d, 0x6e, 0x74, 0x2f, 0x62, 0xff]) });
 * assertEquals(oddMounts(new TextEncoder().encode(line)), []);
 * ```
 */
export function oddMounts(bytes: Uint8Array): OddMount[] {
  // A sign for each byte, as the table is ASCII but for names.
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return parseMountTable(text).flatMap(({ id, mountPoint }) => {
    const path = Uint8Array.from(mountPoint, (sign) => sign.charCodeAt(0));
    return textOf(path).includes(MARK) ? [{ id, path }] : [];
  });
}

/**
 * Hides in a view what odd mounts hide in the source: their mount points look like those of other file
 * systems. What would have been entered is told of.
 *
 * @param odd In the order of the table.
 * @param warn Told of what is left out.
 */
export async function hideOddMounts(
  workshop: Workshop,
  source: ViewedSource,
  odd: readonly OddMount[],
  warn: (message: string) => void,
): Promise<void> {
  const { place, below, view } = source;
  const closed = below.filter((other) => !other.isEntered).map(({ path }) => path);
  const shallowFirst = odd.toSorted((a, b) => a.path.length - b.path.length);
  for (const { id, path } of shallowFirst) {
    const shown = textOf(path);
    if (!pathBelow(shown, place.path) || closed.some((outer) => pathBelow(shown, outer))) continue;
    const found = lookAt(path, id);
    if (found === undefined) continue;
    const mounts = await workshop.mounts();
    const start = place.path === "/" ? 0 : new TextEncoder().encode(place.path).length;
    const inView = (folder: string) =>
      new Uint8Array([...new TextEncoder().encode(folder), ...path.subarray(start)]);
    // What was made after the picture has no place in it.
    const stat = statPath(inView(mounts.outside(view)));
    if (!(stat instanceof FileStat) || !["directory", "file"].includes(typeOf(stat.mode))) continue;
    const digits = Array.from(inView(view), (byte) => `\\0${byte.toString(8).padStart(3, "0")}`);
    await mounts.run("sh", ["-c", HIDE, "sh", digits.join("")]);
    if (!isEntered({ ...found, path }, place, source.entered)) continue;
    warn(`warning: what is mounted on ${quotePath(path)} is left out: its name is not UTF-8 text`);
  }
}

/** @returns undefined if something else is to be seen there. */
function lookAt(
  path: Uint8Array,
  id: number,
): Pick<SourcePlace, "type" | "device"> | undefined {
  const fd = openFile(path.slice(), O_PATH | OpenFlag.NOFOLLOW);
  if (fd < 0) return undefined;
  try {
    const stat = statFile(fd);
    if (typeof stat === "number" || mountIdOf(fd) !== id) return undefined;
    return { type: typeOf(stat.mode), device: stat.device };
  } finally {
    closeFile(fd);
  }
}

function textOf(path: Uint8Array): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(path);
}

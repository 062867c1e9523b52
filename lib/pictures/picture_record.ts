/** A subvolume of btrfs that is a picture. */
export interface BtrfsItem {
  readonly kind: "btrfs";
  /** UUID of the file system. */
  readonly fileSystem: string;
  /** Name in its top folder. */
  readonly name: string;
  /** UUID of the subvolume that it is a picture of. */
  readonly parent: string;
}

/** A snapshot of ZFS. */
export interface ZfsItem {
  readonly kind: "zfs";
  readonly dataset: string;
  /** Name behind the `@`. */
  readonly name: string;
}

/** A snapshot of LVM. */
export interface LvmItem {
  readonly kind: "lvm";
  readonly group: string;
  /** Name of the snapshot. */
  readonly name: string;
  /** Name of the volume that it is a picture of. */
  readonly origin: string;
}

/** Part of the storage that a picture is kept in: enough to find it again. */
export type PictureItem = BtrfsItem | ZfsItem | LvmItem;

/** A picture that a run was about to take, and as far as is known has not removed. */
export interface RecordedPicture {
  readonly item: PictureItem;
  /** Number of it in its record. */
  readonly number: number;
  /** UUID or the like that tells it from others of the same name, once it was taken. */
  readonly identity: string | undefined;
}

/** Line of a record: a picture is about to be taken, was taken, or was removed. */
export type RecordLine =
  | { readonly number: number; readonly take: PictureItem }
  | { readonly number: number; readonly taken: string }
  | { readonly number: number; readonly removed: true };

const FIELDS: Readonly<Record<PictureItem["kind"], readonly string[]>> = {
  btrfs: ["fileSystem", "name", "parent"],
  zfs: ["dataset", "name"],
  lvm: ["group", "name", "origin"],
};

/** Start of the names of all pictures, behind a dot where it hides them. */
export const PICTURE_PREFIX = "pbs-client-";

const NAME = /^\.?pbs-client-[0-9a-f]{16}-[0-9]{1,6}$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Names of LVM and ZFS: they become arguments of programs. */
const STORAGE_NAME = /^[A-Za-z0-9_.+][A-Za-z0-9_.+:/ -]{0,512}$/;

/**
 * Pictures of a record that are not known to be removed. A last line that a crash has cut off is passed
 * over: what it announces was not begun. Pictures whose names we would not give are not ours.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const item = { kind: "zfs", dataset: "tank/home", name: "pbs-client-0123456789abcdef-1" };
 * const text = JSON.stringify({ number: 1, take: item }) + "\n";
 * assertEquals(parsePictureRecord(text)[0]!.item.name, item.name);
 * assertEquals(parsePictureRecord(text + '{"number":1,"removed":true}\n'), []);
 * ```
 */
export function parsePictureRecord(text: string): RecordedPicture[] {
  const pictures = new Map<number, RecordedPicture>();
  for (const line of text.split("\n").slice(0, -1)) {
    const value = parseLine(line);
    const number = value?.number;
    if (value === undefined || typeof number !== "number") continue;
    if (value.removed === true) pictures.delete(number);
    else if (typeof value.taken === "string") {
      const known = pictures.get(number);
      if (known !== undefined) pictures.set(number, { ...known, identity: value.taken });
    } else if (isItem(value.take)) {
      pictures.set(number, { item: value.take, number, identity: undefined });
    }
  }
  return [...pictures.values()];
}

function parseLine(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isItem(value: unknown): value is PictureItem {
  if (!isObject(value)) return false;
  const { kind } = value;
  if (kind !== "btrfs" && kind !== "zfs" && kind !== "lvm") return false;
  return FIELDS[kind].every((field) => {
    const text = value[field];
    if (typeof text !== "string") return false;
    if (field === "name") return NAME.test(text);
    return (kind === "btrfs" ? UUID : STORAGE_NAME).test(text);
  });
}

import { CorruptDataError } from "../errors/mod.ts";
import * as format from "./format.ts";

/** The row of the item type whose header is at `at`. @throws {CorruptDataError} if there is none. */
export function readItemType(view: DataView, at: number, position: number): number {
  const low = view.getUint32(at, true);
  const row = format.ITEM_ROW_BY_LOWEST_BYTE[low & 0xff]!;
  if (
    format.ITEM_TYPE_LOW[row] !== low || format.ITEM_TYPE_HIGH[row] !== view.getUint32(at + 4, true)
  ) {
    throw new CorruptDataError(`archive: unknown item at ${position}`);
  }
  return row;
}

/** The size of its content, checked against its limits (spec: pxar.md §1.3). */
export function readContentSize(view: DataView, at: number, row: number, position: number): number {
  const high = view.getUint32(at + 12, true);
  const size = high * 0x1_0000_0000 + view.getUint32(at + 8, true) - format.HEADER_SIZE;
  if (
    !(size >= format.ITEM_MIN_CONTENT[row]! && size <= format.ITEM_MAX_CONTENT[row]!) ||
    row === format.GOODBYE && size % format.GOODBYE_ITEM_SIZE !== 0
  ) {
    const name = format.ITEM_TYPES[row]![0];
    throw new CorruptDataError(`archive: ${name} item at ${position} has a wrong size`);
  }
  return size;
}

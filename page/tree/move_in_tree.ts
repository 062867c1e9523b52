import type { TreeModel, TreeRow } from "./tree_model.ts";

/** What a key does in the tree. */
export interface TreeMove {
  /** Where the focus goes. */
  readonly place?: number;
  /** The folder that is opened or closed. */
  readonly toggle?: TreeRow;
  /** The entry that is shown. */
  readonly choose?: TreeRow;
}

/** Rows that are looked at for a letter that was typed. */
const SEARCHED_ROWS = 2000;

/**
 * What a key means: the usual keys of trees (arrows, Home, End, page keys, Enter, blank), and letters
 * that lead to the next name that begins with them.
 *
 * @param press The key, the row it was pressed on, and the rows that fit on the screen.
 * @returns Nothing if it means nothing here.
 */
export function moveInTree(
  model: TreeModel,
  press: { readonly key: string; readonly place: number; readonly page: number },
): TreeMove | undefined {
  const { key, place, page } = press;
  const last = model.rows - 1;
  if (last < 0) return undefined;
  const to = (target: number) => ({ place: Math.max(0, Math.min(last, target)) });
  const row = model.rowAt(place);
  const isFolder = row.entry?.kind === "directory";
  switch (key) {
    case "ArrowDown":
      return to(place + 1);
    case "ArrowUp":
      return to(place - 1);
    case "PageDown":
      return to(place + page - 1);
    case "PageUp":
      return to(place - page + 1);
    case "Home":
      return to(0);
    case "End":
      return to(last);
    case "ArrowRight":
      if (!isFolder) return {};
      return row.opened === undefined ? { toggle: row } : to(place + 1);
    case "ArrowLeft":
      if (row.opened !== undefined) return { toggle: row };
      return row.folder.parent === undefined
        ? {}
        : to(model.placeOf(row.folder.parent, row.folder.index));
    case "Enter":
      return { choose: row, ...isFolder && row.opened === undefined ? { toggle: row } : {} };
    case " ":
      return { choose: row };
    default:
      return [...key].length === 1 && !["?", "/"].includes(key)
        ? nextWith(model, place, key)
        : undefined;
  }
}

/** The next row whose name begins with a letter, among those that are here. */
function nextWith(model: TreeModel, place: number, letter: string): TreeMove | undefined {
  const rows = model.rows;
  const wanted = letter.toLowerCase();
  for (let step = 1; step <= Math.min(rows, SEARCHED_ROWS); step++) {
    const target = (place + step) % rows;
    if (model.rowAt(target).entry?.name.toLowerCase().startsWith(wanted)) return { place: target };
  }
  return undefined;
}

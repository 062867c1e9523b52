import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { look } from "../requests/send_request.ts";
import type { Snapshot } from "../state/route.ts";
import { formatCount } from "../text/sizes.ts";
import { moveInTree, type TreeMove } from "./move_in_tree.ts";
import { pathIn, TreeModel, type TreeRow } from "./tree_model.ts";
import { TreeRowView } from "./tree_row.tsx";
import { useWindow } from "./use_window.ts";

/** Pixels; the same as in the styles. */
const ROW_HEIGHT = 28;

/** The files of an archive as a tree; a folder is asked for when it is opened. */
export function FileTree(
  { snapshot, archive, selected, onSelect }: {
    readonly snapshot: Snapshot;
    readonly archive: string;
    /** Path of the entry that is shown beside the tree. */
    readonly selected: string | undefined;
    readonly onSelect: (path: string) => void;
  },
): JSX.Element {
  const [, redraw] = useState(0);
  const [active, setActive] = useState(0);
  const [missing, setMissing] = useState(false);
  const hasFocus = useRef(false);
  const wantsFocus = useRef(false);
  const model = useMemo(() => {
    const ask = (path: string, offset: number, limit: number) =>
      look("entries", { ...snapshot, archive, path, offset, limit });
    return new TreeModel(ask, () => redraw((count) => count + 1));
  }, [snapshot.store, snapshot.ns, snapshot.type, snapshot.id, snapshot.time, archive]);
  const rows = model.rows;
  const view = useWindow(rows, ROW_HEIGHT);
  useEffect(() => void model.fetch(model.top, 0), [model]);

  // Opens the tree at what the address names.
  useEffect(() => {
    setMissing(false);
    if (selected === undefined || selected === "") return;
    let isOver = false;
    model.reveal(selected).then((found) => {
      if (isOver) return;
      if (found === undefined) return setMissing(true);
      const place = model.placeOf(found.folder, found.index);
      setActive(place);
      view.reveal(place, "middle");
    });
    return () => {
      isOver = true;
    };
  }, [model, selected]);

  const places: number[] = [];
  for (let place = view.first; place < view.end; place++) places.push(place);
  // The row with the focus stays, wherever one scrolls to: keys go on from there.
  const at = Math.min(active, rows - 1);
  if (at >= 0 && (at < view.first || at >= view.end)) places.push(at);
  const drawn = places.map((place) => ({ place, row: model.rowAt(place) }));
  useEffect(() => {
    for (const { row } of drawn) {
      if (row.entry === undefined && row.folder.problem === undefined) {
        void model.fetch(row.folder, row.index);
      }
    }
  });
  useLayoutEffect(() => {
    if (!wantsFocus.current) return;
    wantsFocus.current = false;
    view.scroller.current?.querySelector<HTMLElement>("[tabindex='0']")?.focus({
      preventScroll: true,
    });
  });

  const goTo = (place: number) => {
    setActive(place);
    view.reveal(place);
    wantsFocus.current = true;
  };
  const choose = (row: TreeRow) => {
    if (row.entry !== undefined) onSelect(pathIn(row.folder.path, row.entry.key));
  };
  const toggle = ({ folder, index, opened }: TreeRow) => {
    if (opened === undefined) void model.open(folder, index);
    else model.close(folder, index);
  };
  const carryOut = (move: TreeMove) => {
    if (move.toggle) toggle(move.toggle);
    if (move.choose) choose(move.choose);
    if (move.place !== undefined) goTo(move.place);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const move = moveInTree(model, { key: event.key, place: at, page: view.visible });
    if (move === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    carryOut(move);
  };
  const total = model.top.total;
  return (
    <div class="tree">
      <div class="tree-head" aria-hidden="true">
        <span>Name</span>
        <span class="number">Size</span>
        <span>Changed</span>
        <span>Permissions</span>
        <span>Owner</span>
      </div>
      {missing && (
        <p class="tree-note" role="alert">
          What the address names is not in this archive.
        </p>
      )}
      <div
        class="tree-rows"
        ref={view.scroller}
        role="treegrid"
        aria-label={`Files of ${archive}`}
        aria-rowcount={rows}
        aria-busy={total === undefined && model.top.problem === undefined}
        onKeyDown={onKeyDown}
        onFocusIn={() => hasFocus.current = true}
        onFocusOut={() => hasFocus.current = false}
      >
        <div class="tree-space" role="presentation" style={{ height: `${view.height}px` }}>
          {total === 0
            ? <p class="tree-note">This archive is empty.</p>
            : drawn.map(({ place, row }) => (
              <TreeRowView
                key={`${row.folder.path}:${row.index}`}
                row={row}
                place={place}
                top={view.topOf(place)}
                isActive={place === at}
                isSelected={row.entry !== undefined &&
                  pathIn(row.folder.path, row.entry.key) === selected}
                onPress={() => {
                  setActive(place);
                  wantsFocus.current = true;
                  choose(row);
                }}
                onToggle={() => {
                  setActive(place);
                  wantsFocus.current = true;
                  toggle(row);
                }}
                onAgain={() => {
                  delete row.folder.problem;
                  void model.fetch(row.folder, row.index);
                }}
              />
            ))}
        </div>
      </div>
      <p class="tree-foot">
        {total === undefined ? " " : `${formatCount(total, "entry", "entries")} at the top`}
        {rows !== total && total !== undefined && `, ${rows.toLocaleString("en")} rows open`}
      </p>
    </div>
  );
}

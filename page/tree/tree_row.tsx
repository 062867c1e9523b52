import type { JSX } from "preact";
import { Icon } from "../parts/icon.tsx";
import { Moment } from "../parts/moment.tsx";
import { Name } from "../parts/name.tsx";
import { formatSize } from "../text/sizes.ts";
import { EntryIcon, formatMode } from "./entry_icon.tsx";
import type { TreeRow } from "./tree_model.ts";

/** Pixels by which a level stands further right. */
const INDENT = 18;

/** A row of the tree. */
export function TreeRowView(
  { row, place, top, isActive, isSelected, onPress, onToggle, onAgain }: {
    readonly row: TreeRow;
    readonly place: number;
    readonly top: number;
    /** Whether it is the one that keys go to. */
    readonly isActive: boolean;
    readonly isSelected: boolean;
    readonly onPress: () => void;
    readonly onToggle: () => void;
    readonly onAgain: () => void;
  },
): JSX.Element {
  const { entry, folder, opened } = row;
  const isFolder = entry?.kind === "directory";
  const press = (event: MouseEvent) => {
    const onTwisty = event.target instanceof Element && event.target.closest(".twisty") !== null;
    if (entry === undefined) return folder.problem && onAgain();
    if (isFolder && (onTwisty || isSelected)) onToggle();
    else {
      if (isFolder && opened === undefined) onToggle();
      onPress();
    }
  };
  return (
    <div
      role="row"
      class={`tree-row${isSelected ? " selected" : ""}`}
      aria-level={folder.level + 1}
      aria-rowindex={place + 1}
      aria-posinset={row.index + 1}
      aria-setsize={folder.total ?? -1}
      aria-expanded={isFolder ? opened !== undefined : undefined}
      aria-selected={isSelected}
      tabIndex={isActive ? 0 : -1}
      style={{ transform: `translateY(${top}px)` }}
      onClick={press}
    >
      <span
        role="gridcell"
        class="tree-name"
        style={{ paddingInlineStart: `${Math.min(folder.level, 24) * INDENT}px` }}
      >
        <span class={`twisty${opened ? " open" : ""}${isFolder ? "" : " none"}`}>
          {isFolder && <Icon name="chevron" />}
        </span>
        {entry === undefined
          ? (
            <span class="tree-wait">
              {folder.problem === undefined ? "Loading…" : `${folder.problem} (press to try again)`}
            </span>
          )
          : (
            <>
              <EntryIcon kind={entry.kind} />
              <Name text={entry.name} />
              {entry.isRaw && (
                <span class="raw" title="The name is not valid UTF-8">
                  raw bytes
                </span>
              )}
              {entry.target !== undefined && (
                <span class="target">
                  → <Name text={entry.target} />
                </span>
              )}
            </>
          )}
      </span>
      {entry !== undefined && (
        <>
          <span role="gridcell" class="number">
            {entry.sizeBytes === undefined ? "" : formatSize(entry.sizeBytes)}
          </span>
          <span role="gridcell" class="when">
            <Moment seconds={entry.modified} />
          </span>
          <span role="gridcell" class="mode">{formatMode(entry.kind, entry.mode)}</span>
          <span role="gridcell" class="owner">{entry.uid}:{entry.gid}</span>
        </>
      )}
    </div>
  );
}

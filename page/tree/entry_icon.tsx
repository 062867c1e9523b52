import type { JSX } from "preact";
import type { PageEntryKind } from "../../lib/page/page_api.ts";
import { Icon, type IconName } from "../parts/icon.tsx";

const ICONS: Record<PageEntryKind, IconName> = {
  directory: "folder",
  file: "file",
  symlink: "link",
  hardlink: "file",
  "block-device": "disk",
  "character-device": "special",
  fifo: "special",
  socket: "special",
};

/** A picture of the kind of an entry. */
export function EntryIcon({ kind }: { readonly kind: PageEntryKind }): JSX.Element {
  return <Icon name={ICONS[kind]} />;
}

/** The kind in words. */
export const KIND_NAMES: Record<PageEntryKind, string> = {
  directory: "folder",
  file: "file",
  symlink: "symbolic link",
  hardlink: "hard link",
  "block-device": "block device",
  "character-device": "character device",
  fifo: "named pipe",
  socket: "socket",
};

/** Permissions as `ls -l` writes them: `drwxr-xr-x`. */
export function formatMode(kind: PageEntryKind, mode: number): string {
  const letters = {
    directory: "d",
    file: "-",
    symlink: "l",
    hardlink: "-",
    "block-device": "b",
    "character-device": "c",
    fifo: "p",
    socket: "s",
  };
  let text = letters[kind];
  for (
    const [shift, special, letter] of [[6, 0o4000, "s"], [3, 0o2000, "s"], [
      0,
      0o1000,
      "t",
    ]] as const
  ) {
    const bits = mode >> shift;
    text += (bits & 4 ? "r" : "-") + (bits & 2 ? "w" : "-");
    const execute = (bits & 1) !== 0;
    text += mode & special ? (execute ? letter : letter.toUpperCase()) : execute ? "x" : "-";
  }
  return text;
}

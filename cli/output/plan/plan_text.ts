import type { PlannedArchive, PlannedDirectory } from "../../../lib/backup/mod.ts";
import { withoutServerExtension } from "../display_file_names.ts";
import { formatSize } from "../format_size.ts";
import { shownName } from "../shown_name.ts";
import { type Column, renderList, type TableStyle } from "../table.ts";

interface Row {
  readonly name: string;
  readonly sizeBytes: number | undefined;
  readonly tree?: PlannedDirectory | undefined;
}

const COLUMNS: readonly Column<Row>[] = [
  { title: "would be stored", cell: ({ name }) => name },
  {
    title: "size",
    align: "right",
    cell: ({ sizeBytes }) => (sizeBytes === undefined ? "unknown" : formatSize(sizeBytes)),
  },
  { title: "files", align: "right", cell: ({ tree }) => countText(tree?.files) },
  { title: "directories", align: "right", cell: ({ tree }) => countText(tree?.directories) },
  { title: "others", align: "right", cell: ({ tree }) => countText(tree?.others) },
];

/**
 * The archives of a dry run as a table: below each its directories, with the sums of everything below
 * them, and a line for all of it.
 */
export function planToText(planned: readonly PlannedArchive[], style: TableStyle): string {
  const rows = planned.flatMap((archive): Row[] => [
    {
      name: withoutServerExtension(archive.name),
      sizeBytes: archive.sizeBytes,
      tree: archive.tree,
    },
    ...(archive.tree === undefined ? [] : rowsBelow(archive.tree, 1)),
  ]);
  return renderList(COLUMNS, planned.length > 1 ? [...rows, total(planned)] : rows, style);
}

function rowsBelow({ children }: PlannedDirectory, level: number): Row[] {
  return children.flatMap((tree): Row[] => [
    {
      name: `${"  ".repeat(level)}${shownName(tree.name)}/`,
      sizeBytes: tree.sizeBytes,
      tree,
    },
    ...rowsBelow(tree, level + 1),
  ]);
}

function total(planned: readonly PlannedArchive[]): Row {
  const sum = (count: (tree: PlannedDirectory) => number) =>
    planned.reduce((all, { tree }) => all + (tree === undefined ? 0 : count(tree)), 0);
  const isKnown = planned.every(({ sizeBytes }) => sizeBytes !== undefined);
  return {
    name: "all",
    sizeBytes: isKnown ? planned.reduce((all, { sizeBytes }) => all + sizeBytes!, 0) : undefined,
    tree: {
      name: new Uint8Array(),
      sizeBytes: 0,
      files: sum(({ files }) => files),
      directories: sum(({ directories }) => directories),
      others: sum(({ others }) => others),
      children: [],
    },
  };
}

function countText(count: number | undefined): string {
  return count === undefined ? "" : String(count);
}

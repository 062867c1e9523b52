import { type Color, colored } from "./color.ts";
import { displayWidth } from "./display_width.ts";

/** One column of a list. */
export interface Column<Row> {
  readonly title: string;
  /** Also the alignment of the title. */
  readonly align?: "left" | "right";
  readonly cell: (row: Row) => string;
  /** Color of the cell where the style has colors. */
  readonly color?: (row: Row) => Color | undefined;
}

/** How tables look; spec: cli.md §1.8. */
export interface TableStyle {
  readonly borders: "utf-8" | "ascii" | "none";
  readonly hasHeader: boolean;
  /** Lines are cut after this many characters. */
  readonly maxWidth?: number;
  /** Whether cells may be colored; ours. */
  readonly hasColors?: boolean;
}

/** A table of plain cells. */
export interface Table {
  readonly titles?: readonly string[];
  readonly alignments: readonly ("left" | "right")[];
  readonly rows: readonly (readonly string[])[];
  /** Colors of the cells, where some have any. */
  readonly colors?: readonly (readonly (Color | undefined)[])[];
}

interface Border {
  readonly top: readonly [string, string, string, string];
  readonly header: readonly [string, string, string, string];
  readonly between: readonly [string, string, string, string];
  readonly bottom: readonly [string, string, string, string];
  readonly column: string;
}

const BORDERS: Readonly<Record<"utf-8" | "ascii", Border>> = {
  "utf-8": {
    top: ["┌", "─", "┬", "┐"],
    header: ["╞", "═", "╪", "╡"],
    between: ["├", "─", "┼", "┤"],
    bottom: ["└", "─", "┴", "┘"],
    column: "│",
  },
  ascii: {
    top: ["+", "=", "+", "+"],
    header: ["+", "=", "+", "+"],
    between: ["+", "-", "+", "+"],
    bottom: ["+", "=", "+", "+"],
    column: "|",
  },
};

/** Lays a list out as a table. An empty list is an empty text. */
export function renderList<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  style: TableStyle,
): string {
  if (rows.length === 0) return "";
  return renderTable({
    titles: columns.map((column) => column.title),
    alignments: columns.map((column) => column.align ?? "left"),
    rows: rows.map((row) => columns.map((column) => column.cell(row))),
    ...(style.hasColors ? { colors: rows.map((row) => columns.map((c) => c.color?.(row))) } : {}),
  }, style);
}

/** Lays cells out as a table (spec: cli.md §1.8). */
export function renderTable(table: Table, style: TableStyle): string {
  const titles = style.hasHeader && style.borders !== "none" ? table.titles : undefined;
  const cells = table.rows.map((row) => row.map((cell) => cell.split("\n")));
  const widths = table.alignments.map((_, column) =>
    cells.reduce(
      (width, row) => row[column]!.reduce((max, part) => Math.max(max, displayWidth(part)), width),
      titles === undefined ? 0 : displayWidth(titles[column]!),
    )
  );
  const border = style.borders === "none" ? undefined : BORDERS[style.borders];
  const lines: string[] = [];
  const rule = (characters: readonly [string, string, string, string] | undefined): void => {
    if (characters === undefined) return;
    const [left, line, cross, right] = characters;
    const text = left + widths.map((width) => line.repeat(width + 2)).join(cross) + right;
    lines.push(cut([[text, undefined]], style.maxWidth));
  };
  const line = (texts: readonly string[], colors: readonly (Color | undefined)[] = []): void => {
    const padded = texts.map((text, column) =>
      pad(text, widths[column]!, table.alignments[column]!)
    );
    const [before, between, after] = border === undefined
      ? ["", " ", ""]
      : [`${border.column} `, ` ${border.column} `, ` ${border.column}`];
    const pieces = padded.flatMap((text, column): Piece[] => [
      [column === 0 ? before : between, undefined],
      [text, colors[column]],
    ]);
    lines.push(cut([...pieces, [after, undefined]], style.maxWidth));
  };
  rule(border?.top);
  if (titles !== undefined) {
    line(titles);
    rule(border?.header);
  }
  for (const [index, row] of cells.entries()) {
    if (index > 0) rule(border?.between);
    const height = Math.max(...row.map((cell) => cell.length));
    for (let part = 0; part < height; part++) {
      line(row.map((cell) => cell[part] ?? ""), table.colors?.[index]);
    }
  }
  rule(border?.bottom);
  return lines.map((each) => `${each}\n`).join("");
}

function pad(text: string, width: number, align: "left" | "right"): string {
  const blanks = " ".repeat(width - displayWidth(text));
  return align === "left" ? text + blanks : blanks + text;
}

/** Text and its color. */
type Piece = readonly [string, Color | undefined];

/** A line of so many characters at most; colors have no width. */
function cut(pieces: readonly Piece[], maxWidth = Infinity): string {
  let left = maxWidth;
  let line = "";
  for (const [text, color] of pieces) {
    const part = text.length <= left ? text : [...text].slice(0, left).join("");
    left -= left === Infinity ? 0 : [...part].length;
    line += color === undefined ? part : colored(part, color);
  }
  return line;
}

/**
 * Empty cells in the tables of documents: a reader cannot tell "nothing" from "forgotten". The first
 * cell of a heading may be empty.
 *
 * @param documents Path and Markdown text.
 * @returns One line per problem.
 */
export function checkCells(documents: ReadonlyMap<string, string>): string[] {
  const problems: string[] = [];
  for (const [path, text] of documents) {
    let isRow = false;
    for (const [index, line] of text.split("\n").entries()) {
      if (!line.startsWith("|")) isRow = false;
      else if (/^\|[ :|-]*-{3,}[ :|-]*$/.test(line)) isRow = true;
      else if (isRow && line.split(/(?<!\\)\|/).slice(1, -1).some((cell) => cell.trim() === "")) {
        problems.push(`${path}:${index + 1}: a cell of the table is empty`);
      }
    }
  }
  return problems;
}

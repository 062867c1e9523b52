import { type BackupGroup, formatGroupPath } from "../../lib/repository/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import { parseMoment } from "../arguments/parse_moment.ts";
import { compareByPath } from "../output/compare_by_path.ts";

type Listed = BackupGroup & { readonly time?: number };

/**
 * Whether a row of a list is asked for (`--match`, `--since`, `--until`).
 *
 * @param now Seconds since the epoch, from which spans of time count back.
 * @returns Tells it for a group and the time that counts, seconds since the epoch.
 * @throws {UsageError} if a pattern is malformed.
 */
export async function selectionOf(
  values: CommandValues,
  now: number,
): Promise<(group: BackupGroup, time: number) => boolean> {
  const texts = values.texts("match");
  const matches = texts.length === 0 ? () => true : await anyPattern(texts);
  const moment = (name: string) => {
    const text = values.text(name);
    return text === undefined ? undefined : parseMoment(text, now);
  };
  const [since, until] = [moment("since"), moment("until")];
  return (group, time) =>
    (since === undefined || time >= since) && (until === undefined || time < until) &&
    matches(group);
}

async function anyPattern(texts: readonly string[]): Promise<(group: BackupGroup) => boolean> {
  const { Glob } = await import("../../lib/fs/mod.ts");
  const encoder = new TextEncoder();
  const patterns = texts.map((text) => ({
    glob: new Glob(encoder.encode(text)),
    isPath: text.includes("/"),
  }));
  return (group) => {
    const [path, id] = [encoder.encode(formatGroupPath(group)), encoder.encode(group.id)];
    return patterns.some(({ glob, isPath }) => glob.matches(isPath ? path : id));
  };
}

/**
 * Rows in the order that is asked for (`--sort`, `--reverse`).
 *
 * @param keys Numbers to order by, by the names of `--sort`; rows without one come first.
 * @returns `table`: by path if nothing is asked for; `json`: as the repository gave them then.
 */
export function inOrder<Row extends Listed>(
  values: CommandValues,
  rows: readonly Row[],
  keys: Readonly<Record<string, (row: Row) => number | undefined>>,
): { readonly table: Row[]; readonly json: Row[] } {
  const asked = values.text("sort");
  const key = asked === undefined ? undefined : keys[asked];
  const compare = (a: Row, b: Row) => {
    const difference = key === undefined ? 0 : (key(a) ?? -1) - (key(b) ?? -1);
    return difference === 0 ? compareByPath(a, b) : difference;
  };
  const table = rows.toSorted(compare);
  const isReversed = values.flag("reverse");
  if (isReversed) table.reverse();
  return { table, json: asked === undefined && !isReversed ? [...rows] : table };
}

import type { Parameter } from "../command.ts";
import { MOMENT_FORMAT } from "../arguments/moment_format.ts";

/** Options by which a list is narrowed down and ordered; ours. */
export function listOptions(texts: {
  /** Noun for the rows, e.g. `snapshots`. */
  readonly rows: string;
  /** Columns that `--long` adds, in words. */
  readonly long: string;
  /** Clause about the time that `--since` and `--until` compare. */
  readonly time: string;
  /** Keys of `--sort`; the first one is that of the official client. */
  readonly keys: readonly string[];
}): readonly Parameter[] {
  const { rows, long, time, keys } = texts;
  return [
    {
      name: "long",
      type: { kind: "boolean" },
      default: false,
      description: `Also show ${long}.`,
    },
    {
      name: "match",
      type: { kind: "string", minLength: 1 },
      repeatable: true,
      description: `Only ${rows} of groups that match one of these patterns with * ? [...]: of ` +
        "type/id, or of the id alone if there is no slash in it.",
    },
    {
      name: "reverse",
      type: { kind: "boolean" },
      default: false,
      description: "Turn the order around.",
    },
    {
      name: "since",
      type: { kind: "string", format: MOMENT_FORMAT },
      description: `Only ${rows} ${time} since.`,
    },
    {
      name: "sort",
      type: { kind: "enum", values: keys },
      description:
        "Order, ascending. Tables are ordered by path if absent, JSON is as the repository has it.",
    },
    {
      name: "until",
      type: { kind: "string", format: MOMENT_FORMAT },
      description: `Only ${rows} ${time} before.`,
    },
  ];
}

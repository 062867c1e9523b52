import { ProblemKind, ProblemRecordByte } from "../../ffi/native_layout.ts";
import type { SpliceProblem } from "./splice_problem.ts";

/** The problem of a record that the native side has stored. */
export function spliceProblemAt(view: DataView, at: number): SpliceProblem {
  const tag = Number(view.getBigUint64(at + ProblemRecordByte.tag, true));
  const kind = PROBLEM_KINDS[view.getUint32(at + ProblemRecordByte.kind, true)]!;
  if (kind !== "unreadable") return { tag, kind };
  const gap = {
    errno: view.getInt32(at + ProblemRecordByte.errno, true),
    offset: Number(view.getBigUint64(at + ProblemRecordByte.offset, true)),
    length: Number(view.getBigUint64(at + ProblemRecordByte.length, true)),
  };
  return { tag, kind, gap };
}

const PROBLEM_KINDS: Readonly<Record<number, SpliceProblem["kind"]>> = {
  [ProblemKind.Shrunk]: "shrunk",
  [ProblemKind.Grew]: "grew",
  [ProblemKind.Unreadable]: "unreadable",
};

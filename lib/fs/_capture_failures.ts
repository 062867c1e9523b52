import { Errno } from "../../ffi/errno.ts";
import { CaptureStep } from "../../ffi/native_layout.ts";
import type { WalkWarningKind } from "./walk_warning.ts";

/** Words for what was tried, by step. */
export const STEP_TEXTS: Readonly<Record<number, string>> = {
  [CaptureStep.Stat]: "cannot stat",
  [CaptureStep.Open]: "cannot open",
  [CaptureStep.Metadata]: "cannot read the metadata of",
  [CaptureStep.ReadLink]: "cannot read the target of",
  [CaptureStep.FileSystem]: "cannot query the file system of",
  [CaptureStep.ReadDirectory]: "cannot list",
  [CaptureStep.OpenExcludeFile]: "cannot open",
  [CaptureStep.ReadExcludeFile]: "cannot read",
  [CaptureStep.Return]: "cannot return to",
};

/**
 * Errors that say nothing about the entry, but that the process or the system has no more to give.
 */
const EXHAUSTION: ReadonlySet<number> = new Set([Errno.EMFILE, Errno.ENFILE, Errno.ENOMEM]);

/**
 * Kind of the warning about an entry that a call failed for. It is left out and the walk goes on: beyond
 * spec pxar.md §5.5 also for a dead mount or a damaged disk.
 *
 * @returns undefined if the walk must end.
 */
export function skipKind(step: number, errno: number): WalkWarningKind | undefined {
  if (EXHAUSTION.has(errno)) return undefined;
  if (step === CaptureStep.ReadExcludeFile) return "exclude-file";
  if (step === CaptureStep.OpenExcludeFile && errno !== Errno.EACCES) return "exclude-file";
  if (step === CaptureStep.ReadDirectory || step === CaptureStep.Return) return "incomplete";
  switch (errno) {
    case Errno.ENOENT:
      return "vanished";
    case Errno.ESTALE:
      return "stale";
    case Errno.EACCES:
      return step === CaptureStep.Stat ? "stat-denied" : "open-denied";
    default:
      return "unreachable";
  }
}

import { quotePath } from "../bytes/mod.ts";
import { errnoText } from "../../ffi/errno.ts";
import {
  EXTRACT_ERROR_BYTES,
  EXTRACT_REPORT_BYTES,
  ExtractErrorByte,
  ExtractReportByte,
  ExtractStep as NativeStep,
} from "../../ffi/native_layout.ts";
import type { ExtractStep } from "./extract_error.ts";
import type { ExtractWayOut } from "./extract_options.ts";

/** A thing worth knowing that is no error. */
type ExtractNote =
  | "skipped attribute"
  | "dropped privileges"
  | "no extended attributes"
  | "no attribute flags"
  | "skipped device";

/** An error, or a note, of the native extractor. */
export interface ExtractRecord {
  /** Path below the target directory. */
  readonly path: Uint8Array;
  readonly step: ExtractStep | ExtractNote;
  readonly errno: number;
}

/** Reports of one look at the native extractor. */
export interface ExtractReports {
  readonly tokens: readonly number[];
  readonly records: readonly ExtractRecord[];
  /** Errors there was no room for. */
  readonly lost: number;
  /** Jobs that are not finished. */
  readonly underWay: number;
}

const STEPS: Readonly<Record<number, ExtractRecord["step"]>> = {
  [NativeStep.Create]: "create",
  [NativeStep.Open]: "open",
  [NativeStep.Write]: "write",
  [NativeStep.InitialFlags]: "initial attribute flags",
  [NativeStep.Ownership]: "ownership",
  [NativeStep.Xattrs]: "extended attributes",
  [NativeStep.Fcaps]: "file capabilities",
  [NativeStep.Acl]: "access control list",
  [NativeStep.ProjectId]: "project id",
  [NativeStep.Permissions]: "permissions",
  [NativeStep.Time]: "modification time",
  [NativeStep.Flags]: "attribute flags",
  [NativeStep.FatAttributes]: "FAT attributes",
  [NativeStep.LinkTarget]: "hard link target",
  [NativeStep.SkippedXattr]: "skipped attribute",
  [NativeStep.Remove]: "remove",
  [NativeStep.DroppedPrivileges]: "dropped privileges",
  [NativeStep.NoXattrs]: "no extended attributes",
  [NativeStep.NoFlags]: "no attribute flags",
  [NativeStep.SkippedDevice]: "skipped device",
  [NativeStep.CreateDevice]: "create device",
  [NativeStep.Delete]: "delete",
};

const WHAT: Readonly<Record<ExtractRecord["step"], string>> = {
  "create": "create",
  "open": "open directory",
  "write": "write",
  "initial attribute flags": "set attribute flags before writing of",
  "ownership": "set owner and group of",
  "extended attributes": "set extended attributes of",
  "file capabilities": "set file capabilities of",
  "access control list": "set access control list of",
  "project id": "set quota project id of",
  "permissions": "set permissions of",
  "modification time": "set modification time of",
  "attribute flags": "set attribute flags of",
  "FAT attributes": "set FAT attributes of",
  "hard link target": "find the target of hard link",
  "skipped attribute": "restore an extended attribute of unsupported name of",
  "remove": "remove what is not complete of",
  "dropped privileges": "keep set-id bits and capabilities, whose owner is another one, of",
  "no extended attributes": "set extended attributes of",
  "no attribute flags": "set attribute flags of",
  "skipped device": "create device",
  "create device": "create device",
  "delete": "remove",
};

/** Options of `restore` that leave a step out. */
const WAY_OUT: ExtractWayOut = {
  "initial attribute flags": "--ignore-flags",
  "ownership": "--ignore-ownership",
  "extended attributes": "--ignore-xattrs",
  "file capabilities": "--ignore-fcaps",
  "access control list": "--ignore-acls",
  "project id": "--ignore-flags",
  "permissions": "--ignore-permissions",
  "attribute flags": "--ignore-flags",
  "FAT attributes": "--ignore-flags",
  "create device": "--ignore-extract-device-errors",
};

/** Notes of which only the first one is reported, and the others counted. */
const COUNTED: { readonly [step in ExtractRecord["step"]]?: readonly [string, string] } = {
  "no extended attributes": ["the extended attributes of", "entry"],
  "no attribute flags": ["the attribute flags of", "entry"],
  "skipped device": ["", "device"],
};

const NOTES: ReadonlySet<ExtractRecord["step"]> = new Set([
  "skipped attribute",
  "dropped privileges",
  "no extended attributes",
  "no attribute flags",
  "skipped device",
]);

/** Whether a step is no error. */
export function isExtractNote(step: ExtractRecord["step"]): step is ExtractNote {
  return NOTES.has(step);
}

/** How important a note is: a warning where something is lost that nobody asked to leave out. */
export function noteLevel(step: ExtractRecord["step"]): "info" | "warn" {
  return step === "skipped attribute" || step === "skipped device" ? "info" : "warn";
}

/** Whether only the first note of this kind is reported. */
export function isCountedNote(record: ExtractRecord): boolean {
  return COUNTED[record.step] !== undefined;
}

/** One line for people about all notes of a kind, of which `first` is the first. */
export function countedNoteMessage(
  target: Uint8Array,
  first: ExtractRecord,
  count: number,
  wayOut?: ExtractWayOut,
): string {
  const [what, noun] = COUNTED[first.step]!;
  const nouns = count === 1 ? noun : `${noun.replace(/y$/, "ie")}s`;
  const words = [what, String(count), nouns].filter((word) => word !== "").join(" ");
  return `left out ${words}, first: ${extractErrorMessage(target, first, wayOut)}`;
}

/** Reads what `pbs_extract_next` wrote: the head, tokens, errors with their paths. */
export function readExtractReports(bytes: Uint8Array): ExtractReports {
  const tokens: number[] = [];
  const records: ExtractRecord[] = [];
  if (bytes.length < EXTRACT_REPORT_BYTES) return { tokens, records, lost: 0, underWay: 0 };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const head = (field: number) => view.getUint32(field, true);
  let at = EXTRACT_REPORT_BYTES;
  for (let left = head(ExtractReportByte.tokens); left > 0; left--, at += 4) {
    tokens.push(view.getUint32(at, true));
  }
  for (let left = head(ExtractReportByte.errors); left > 0; left--) {
    const errno = view.getUint32(at + ExtractErrorByte.errno, true);
    const step = STEPS[view.getUint8(at + ExtractErrorByte.step)] ?? "create";
    const length = view.getUint16(at + ExtractErrorByte.pathLength, true);
    const pathAt = at + EXTRACT_ERROR_BYTES;
    records.push({ path: bytes.slice(pathAt, pathAt + length), step, errno });
    at = pathAt + ((length + 3) & ~3);
  }
  const [lost, underWay] = [head(ExtractReportByte.lost), head(ExtractReportByte.underWay)];
  return { tokens, records, lost, underWay };
}

/** One line for people about an error. */
export function extractErrorMessage(
  target: Uint8Array,
  record: ExtractRecord,
  wayOut: ExtractWayOut = WAY_OUT,
): string {
  const path = quotePath(joinPath(target, record.path));
  const reason = record.errno === 0 ? "" : `: ${errnoText(record.errno)}`;
  const option = wayOut[record.step as ExtractStep];
  const advice = option === undefined ? "" : ` (${option} leaves it out)`;
  return `cannot ${WHAT[record.step]} ${path}${reason}${advice}`;
}

function joinPath(target: Uint8Array, below: Uint8Array): Uint8Array {
  if (below.length === 0) return target;
  const slash = target.at(-1) === 0x2f ? 0 : 1;
  const path = new Uint8Array(target.length + slash + below.length);
  path.set(target);
  path[target.length] = 0x2f;
  path.set(below, target.length + slash);
  return path;
}

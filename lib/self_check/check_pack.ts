import { createHash, hash } from "node:crypto";
import { zstdDecompressSync } from "node:zlib";
import { describeError } from "../errors/mod.ts";
import type { Finding } from "./finding.ts";
import type { PackedFile, PackFrame, PackTable } from "./pack_table.ts";
import { readAt, readPackTable } from "./read_pack_table.ts";

const EXECUTABLE = "executable";
const UNPACKED = "unpacked files";
/** Files that are there for this process alone have just been compared. */
const IN_MEMORY: Finding = {
  part: UNPACKED,
  verdict: "good",
  detail: "in memory, as no folder can be used; compared when this process started",
};
/** Names that a line of findings lists. */
const MAX_NAMES = 5;

/**
 * Compares every byte that a packed executable carries, and every file that it was unpacked to, with
 * the digests in its table.
 *
 * @param executable Path of the packed executable.
 * @param folder The folder that it was unpacked into; `undefined` if that was memory.
 */
export function checkPack(executable: string, folder: string | undefined): Finding[] {
  const findings: Finding[] = [];
  let table: PackTable;
  try {
    using file = Deno.openSync(executable);
    table = readPackTable(file);
    findings.push(checkFrames(executable, file, table));
  } catch (error) {
    const detail = `${executable}: ${describeError(error).join("; ")}; get it again`;
    return [{ part: EXECUTABLE, verdict: "bad", detail }];
  }
  findings.push(folder === undefined ? IN_MEMORY : checkFiles(folder, table));
  return findings;
}

function checkFrames(executable: string, file: Deno.FsFile, table: PackTable): Finding {
  const damaged = table.frames.filter((frame) => !isWhole(file, frame));
  if (damaged.length > 0) {
    const places = namesOf(damaged.map(({ offset }) => `byte ${offset}`));
    const detail = `${executable} is damaged in what begins at ${places}; get it again`;
    return { part: EXECUTABLE, verdict: "bad", detail };
  }
  const detail = `${executable}, version ${table.version}, ${table.frames.length} frames`;
  return { part: EXECUTABLE, verdict: "good", detail };
}

function isWhole(file: Deno.FsFile, { offset, length, size, digest }: PackFrame): boolean {
  try {
    const bytes = zstdDecompressSync(readAt(file, offset, length), { maxOutputLength: size });
    return bytes.length === size && hash("sha256", bytes) === digest;
  } catch {
    // Whatever it is that cannot be read or unpacked: it is not what was packed.
    return false;
  }
}

function checkFiles(folder: string, table: PackTable): Finding {
  const files = table.files.filter(({ isForMemory }) => !isForMemory);
  const problems = files.flatMap((file) => problemOf(folder, file) ?? []);
  if (problems.length > 0) {
    const detail = `${namesOf(problems)}; remove ${folder}: the next start unpacks it again`;
    return { part: UNPACKED, verdict: "bad", detail };
  }
  return { part: UNPACKED, verdict: "good", detail: `${files.length} in ${folder}` };
}

/** The fault of a file; `undefined` if it has none. */
function problemOf(folder: string, { path, size, digest, isExecutable }: PackedFile) {
  const place = `${folder}/${path}`;
  try {
    const found = Deno.lstatSync(place);
    if (!found.isFile) return `${place} is no file`;
    if (isExecutable && (found.mode! & 0o100) === 0) return `${place} may not be started`;
    if (found.size !== size || fileDigest(place) !== digest) return `${place} was changed`;
    return undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return `${place} is missing`;
    return `${place}: ${describeError(error).join("; ")}`;
  }
}

function fileDigest(path: string): string {
  const digest = createHash("sha256");
  const piece = new Uint8Array(1 << 20);
  using file = Deno.openSync(path);
  for (let read = file.readSync(piece); read !== null; read = file.readSync(piece)) {
    digest.update(piece.subarray(0, read));
  }
  return digest.digest("hex");
}

function namesOf(names: readonly string[]): string {
  const listed = names.slice(0, MAX_NAMES).join(", ");
  return names.length > MAX_NAMES ? `${listed} and ${names.length - MAX_NAMES} more` : listed;
}

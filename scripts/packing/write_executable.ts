import { createHash } from "node:crypto";
import type { CompressedFrame } from "./compress_frames.ts";
import type { PackedFile } from "./packed_file.ts";

/** Parts of a packed executable (docs/internals/packed.md). */
export interface ExecutableParts {
  readonly version: string;
  readonly launcher: Uint8Array;
  readonly files: readonly PackedFile[];
  /** They hold the files' bytes, one file after the other. */
  readonly frames: readonly CompressedFrame[];
}

const MARK = "PBSPACK1";
/** Letters of the table. */
const MODES = { executable: "x", plain: "-", memory: "m" } as const;

/** Writes a packed executable: launcher, frames, table, trailer. It appears under its name when it is complete. */
export async function writeExecutable(path: string, parts: ExecutableParts): Promise<void> {
  const { launcher, frames } = parts;
  const table = new TextEncoder().encode(tableOf(parts));
  const offset = frames.reduce((sum, { compressed }) => sum + compressed.length, launcher.length);
  const digest = createHash("sha256").update(table).digest();
  const numbers = new DataView(new ArrayBuffer(24));
  const length = offset + table.length + numbers.byteLength + digest.length + MARK.length;
  [offset, table.length, length].forEach((number, index) =>
    numbers.setBigUint64(8 * index, BigInt(number), true)
  );
  const partial = `${path}.${crypto.randomUUID()}.tmp`;
  const pieces = [
    launcher,
    ...frames.map(({ compressed }) => compressed),
    table,
    new Uint8Array(numbers.buffer),
    digest,
    new TextEncoder().encode(MARK),
  ];
  await Deno.writeFile(partial, new Uint8Array(await new Blob(pieces as BlobPart[]).arrayBuffer()));
  await Deno.chmod(partial, 0o755);
  await Deno.rename(partial, path);
}

function tableOf({ version, launcher, files, frames }: ExecutableParts): string {
  const lines = [`version ${version}`];
  let offset = launcher.length;
  for (const { compressed, size, digest } of frames) {
    lines.push(`frame ${offset} ${compressed.length} ${size} ${digest}`);
    offset += compressed.length;
  }
  for (const { path, bytes, kind } of files) {
    const digest = createHash("sha256").update(bytes).digest("hex");
    lines.push(`file ${bytes.length} ${MODES[kind]} ${digest} ${path}`);
  }
  return lines.join("\n") + "\n";
}

import type { ArchiveReader } from "../../lib/browse/mod.ts";
import { quotePath } from "../../lib/bytes/mod.ts";
import { UsageError } from "../../lib/errors/mod.ts";
import type { PxarNode } from "../../lib/pxar/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { ALSO_FROM_OPTION } from "../options/also_from_option.ts";
import { KEY_OPTIONS } from "../options/crypt_options.ts";
import { VERBOSITY_OPTIONS } from "../options/output_options.ts";
import { RATE_OPTIONS } from "../options/rate_options.ts";
import { TARGET_OPTIONS } from "../options/repository_options.ts";
import { GROUP_OR_SNAPSHOT_POSITIONAL } from "../options/snapshot_positionals.ts";
import { isBrokenPipe } from "../output/is_broken_pipe.ts";
import { ClosedOutputError, type Output } from "../output/output.ts";
import { openArchive } from "../repository/open_archive.ts";
import { catchSignals } from "../signals/catch_signals.ts";

/** Plain bytes that are read ahead of what is written. */
const AHEAD_BYTES = 16 * 1024 * 1024;

/** `cat`: ours, something of a snapshot on the standard output. */
export const command: CommandDefinition = {
  description:
    "Write something of a snapshot to the standard output: a file, a directory as tar or zip, an " +
    "image or a part of it. Only what it consists of is fetched.",
  positionals: [
    GROUP_OR_SNAPSHOT_POSITIONAL,
    {
      name: "archive-name",
      type: { kind: "string" },
      required: true,
      completion: "archive-name",
      description: "Archive, e.g. root.pxar, disk.img or fstab.conf.",
    },
    {
      name: "path",
      type: { kind: "string", acceptsBytes: true },
      description:
        "Path of a file or directory in a file archive, from its root; / for all of it. " +
        "Symbolic links are followed within the archive.",
    },
  ],
  options: [
    ...TARGET_OPTIONS,
    ALSO_FROM_OPTION,
    ...KEY_OPTIONS,
    ...RATE_OPTIONS,
    ...VERBOSITY_OPTIONS,
    {
      name: "format",
      type: { kind: "enum", values: ["file", "tar", "zip"] },
      description:
        "Form of the output: file, the content of a file as it is, which is the default for " +
        "files; tar with all metadata, the default for directories; or zip.",
    },
    {
      name: "offset",
      type: { kind: "integer", minimum: 0 },
      description: "Bytes of the content that are passed over.",
    },
    {
      name: "length",
      type: { kind: "integer", minimum: 0 },
      description: "Bytes of the content that are written at most.",
    },
  ],
  output: "none",
  run: writeContent,
};

async function writeContent(values: CommandValues, context: CommandContext): Promise<void> {
  const { output } = context;
  using signals = catchSignals(() => output.log("info", "interrupted"));
  await using opened = await openArchive(values, context);
  const pieces = await piecesOf(opened.archive, values, output);
  try {
    for await (const piece of pieces) {
      signals.signal.throwIfAborted();
      for (let done = 0; done < piece.length;) {
        done += await Deno.stdout.write(piece.subarray(done));
      }
    }
  } catch (error) {
    signals.rethrow();
    if (isBrokenPipe(error)) {
      throw new ClosedOutputError("Standard output is closed", { cause: error });
    }
    throw error;
  }
}

/** Bytes that are asked for, piece by piece. */
async function piecesOf(
  archive: ArchiveReader,
  values: CommandValues,
  output: Output,
): Promise<AsyncIterable<Uint8Array>> {
  const { readRange } = await import("../../lib/download/mod.ts");
  const { stream, name } = archive;
  const path = values.bytes("path");
  const options = contentOptions(archive);
  if (!archive.isTree) {
    if (path !== undefined) {
      throw new UsageError(`"${name}" is not a file archive, it has no paths`);
    }
    const format = values.text("format") ?? "file";
    if (format !== "file") {
      throw new UsageError(`"${name}" is not a file archive, it cannot be ${format}`);
    }
    const { start, end } = rangeOf(values, stream!.size);
    return readRange(stream!, start, end, options);
  }
  if (path === undefined) {
    throw new UsageError("the path within the archive is missing; / for all of it");
  }
  const record = await recordAt(archive, path);
  if (record !== undefined) {
    const { start, end } = rangeOf(values, record.length);
    return ReadableStream.from([record.subarray(start, end)]);
  }
  const node = await archive.tree.resolve((await archive.follow(path)).node);
  const { kind } = node.entry;
  const format = values.text("format") ?? (kind === "directory" ? "tar" : "file");
  if (format === "file") return await fileOf(archive, node, path, values);
  for (const option of ["offset", "length"]) {
    if (values.has(option)) throw new UsageError(`option '${option}' needs the content of a file`);
  }
  if (Deno.stdout.isTerminal()) {
    throw new UsageError(`a ${format} file is nothing for a terminal, redirect it into a file`);
  }
  return await folderAs(format, archive, node, output);
}

/** The record of excludes, asked for by the name that it has as a file, where it is none. */
async function recordAt(
  archive: ArchiveReader,
  path: Uint8Array,
): Promise<Uint8Array | undefined> {
  if (archive.tree.version !== 2) return undefined;
  const { EXCLUDE_CLI_FILE_NAME } = await import("../../lib/fs/mod.ts");
  if (new TextDecoder().decode(path).replace(/^\/+/, "") !== EXCLUDE_CLI_FILE_NAME) {
    return undefined;
  }
  const { recordedExcludeText } = await import("../../lib/restore/mod.ts");
  const text = await recordedExcludeText(archive.tree);
  return text.length > 0 ? text : undefined;
}

/** The content of a file, or a part of it. */
async function fileOf(
  archive: ArchiveReader,
  node: PxarNode,
  path: Uint8Array,
  values: CommandValues,
): Promise<AsyncIterable<Uint8Array>> {
  const { kind, size } = node.entry;
  if (kind !== "file") {
    const advice = kind === "directory" ? ", it can be tar or zip" : "";
    throw new UsageError(`${quotePath(path)} is a ${kind} and has no content${advice}`);
  }
  const { readContent } = await import("../../lib/download/mod.ts");
  const { start, end } = rangeOf(values, size);
  return readContent(archive.tree, node, { ...contentOptions(archive), start, end, path });
}

/** A directory, or a single entry, as an archive file. */
async function folderAs(
  format: string,
  archive: ArchiveReader,
  node: PxarNode,
  output: Output,
): Promise<AsyncIterable<Uint8Array>> {
  const { tarFolder, zipFolder } = await import("../../lib/download/mod.ts");
  const name = node.entry.name.length === 0 ? {} : { name: node.entry.name };
  const options = { ...contentOptions(archive), ...name };
  if (format === "zip") return zipFolder(archive.tree, node, options);
  return tarFolder(archive.tree, node, {
    ...options,
    warn: (message) => output.log("warn", message),
    damaged: ({ message }) => output.log("error", `cannot read ${message}`),
  });
}

function contentOptions(archive: ArchiveReader) {
  return {
    aheadBytes: AHEAD_BYTES,
    zerosWithin: (start: number, end: number) => archive.zerosWithin(start, end),
  };
}

/** The part of a content that is wanted. */
function rangeOf(values: CommandValues, size: number): { start: number; end: number } {
  const start = Math.min(values.integer("offset") ?? 0, size);
  return { start, end: Math.min(start + (values.integer("length") ?? size), size) };
}

import type { ArchiveReader } from "../../lib/browse/mod.ts";
import type { PxarNode } from "../../lib/pxar/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { ALSO_FROM_OPTION } from "../options/also_from_option.ts";
import { KEY_OPTIONS } from "../options/crypt_options.ts";
import { OUTPUT_FORMAT_OPTION, VERBOSITY_OPTIONS } from "../options/output_options.ts";
import { RATE_OPTIONS } from "../options/rate_options.ts";
import { TARGET_OPTIONS } from "../options/repository_options.ts";
import { GROUP_OR_SNAPSHOT_POSITIONAL } from "../options/snapshot_positionals.ts";
import { EntryLines, type ListedEntry } from "../output/entry_lines.ts";
import { JsonObjectWriter } from "../output/json_object_writer.ts";
import { listedEntryToJson } from "../output/listed_entry_to_json.ts";
import type { Output, OutputFormat } from "../output/output.ts";
import { valueFormat } from "../output/print_result.ts";
import { shownName } from "../output/shown_name.ts";
import { openArchive } from "../repository/open_archive.ts";

/** Names that are written at once. */
const BATCH_NAMES = 1000;

/** `ls`: ours, the entries of a directory in an archive. */
export const command: CommandDefinition = {
  description:
    "List what is in a directory of a file archive, in long lines: mode, owner, group, size, time, " +
    "name. Contents are not read.",
  positionals: [
    GROUP_OR_SNAPSHOT_POSITIONAL,
    {
      name: "archive-name",
      type: { kind: "string" },
      required: true,
      completion: "archive-name",
      description: "File archive, e.g. root.pxar; snapshot files lists them.",
    },
    {
      name: "path",
      type: { kind: "string", acceptsBytes: true },
      description:
        "Directory, or a single entry, from the root of the archive, which is the default.",
    },
  ],
  options: [
    ...TARGET_OPTIONS,
    ALSO_FROM_OPTION,
    ...KEY_OPTIONS,
    ...RATE_OPTIONS,
    ...VERBOSITY_OPTIONS,
    OUTPUT_FORMAT_OPTION,
    {
      name: "names",
      type: { kind: "boolean" },
      default: false,
      description: "Write only the names, one a line.",
    },
    {
      name: "recursive",
      type: { kind: "boolean" },
      default: false,
      description:
        "List also what is in the directories below, with paths from the archive's root.",
    },
  ],
  output: "value",
  run: list,
};

async function list(values: CommandValues, context: CommandContext): Promise<void> {
  const format = valueFormat(values, context);
  await using opened = await openArchive(values, context);
  const { archive } = opened;
  const path = values.bytes("path") ?? new Uint8Array();
  const found = await archive.follow(path, false);
  const isRecursive = values.flag("recursive");
  const entries = isRecursive
    ? entriesBelow(archive, found.node, found.path)
    : entriesIn(archive, found.node, found.path);
  // A single entry is called as it was asked for.
  const isFolder = found.node.entry.kind === "directory";
  const nameOf = ({ path: own, node }: Listed) =>
    isRecursive ? rooted(own) : isFolder ? node.entry.name : path;
  await printEntries(archive, entries, {
    output: context.output,
    format,
    nameOf,
    isShort: values.flag("names"),
  });
}

/** An entry that was met, and its path from the root without leading slash. */
interface Listed {
  readonly path: Uint8Array;
  readonly node: PxarNode;
}

async function* entriesIn(
  archive: ArchiveReader,
  node: PxarNode,
  path: Uint8Array,
): AsyncGenerator<Listed> {
  if (node.entry.kind !== "directory") {
    yield { path, node };
    return;
  }
  const directory = await archive.tree.directory(node);
  for await (const below of directory.entries()) {
    yield { path: joined(path, below.entry.name), node: below };
  }
}

async function* entriesBelow(
  archive: ArchiveReader,
  node: PxarNode,
  path: Uint8Array,
): AsyncGenerator<Listed> {
  const { walkArchive } = await import("../../lib/download/mod.ts");
  let isFirst = true;
  for await (const each of walkArchive(archive.tree, node, path)) {
    // A directory that is asked for is not in itself.
    if (!isFirst || node.entry.kind !== "directory") yield each;
    isFirst = false;
  }
}

/** How entries are printed. */
interface PrintOptions {
  readonly output: Output;
  readonly format: OutputFormat;
  /** Whether only names are wanted. */
  readonly isShort: boolean;
  /** Name or path in lines. */
  nameOf(listed: Listed): Uint8Array;
}

async function printEntries(
  archive: ArchiveReader,
  entries: AsyncGenerator<Listed>,
  { output, format, isShort, nameOf }: PrintOptions,
): Promise<void> {
  if (format !== "text") {
    const writer = new JsonObjectWriter(output, format === "json-pretty");
    writer.member("archive", archive.name);
    writer.beginList("entries");
    for await (const { path, node } of entries) {
      writer.item(listedEntryToJson(await describe(archive, path, node)));
    }
    writer.endList();
    writer.end();
    return;
  }
  if (isShort) {
    let names: string[] = [];
    for await (const listed of entries) {
      if (names.push(`${shownName(nameOf(listed))}\n`) < BATCH_NAMES) continue;
      output.print(names.join(""));
      names = [];
    }
    output.print(names.join(""));
    return;
  }
  const lines = new EntryLines((text) => output.print(text));
  try {
    for await (const listed of entries) {
      lines.add(await describe(archive, nameOf(listed), listed.node));
    }
  } finally {
    // Entries before damage are listed as well.
    lines.flush();
  }
}

async function describe(
  archive: ArchiveReader,
  name: Uint8Array,
  node: PxarNode,
): Promise<ListedEntry> {
  const { entry } = node;
  if (entry.kind !== "hardlink") return { name, entry };
  const real = await archive.tree.resolve(node);
  return { name, entry: real.entry, link: entry.target! };
}

function joined(folder: Uint8Array, name: Uint8Array): Uint8Array {
  if (folder.length === 0) return name;
  const path = new Uint8Array(folder.length + 1 + name.length);
  path.set(folder);
  path[folder.length] = 0x2f;
  path.set(name, folder.length + 1);
  return path;
}

function rooted(path: Uint8Array): Uint8Array {
  const result = new Uint8Array(path.length + 1);
  result[0] = 0x2f;
  result.set(path, 1);
  return result;
}

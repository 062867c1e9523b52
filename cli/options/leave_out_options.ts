import type { LeaveOut } from "../../lib/backup/mod.ts";
import { parseByteSize } from "../../lib/bytes/mod.ts";
import { UsageError } from "../../lib/errors/mod.ts";
import { argumentBytes } from "../arguments/argument.ts";
import { BYTE_SIZE_FORMAT } from "../arguments/byte_size_format.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { Parameter } from "../command.ts";
import { readInputPath } from "../files/read_input.ts";

/** Longer lists are none. */
const PATTERNS_BYTES_MAX = 16 * 1024 * 1024;
const PATHS_BYTES_MAX = 256 * 1024 * 1024;
const STANDARD_INPUT = "-";

/** Options that say what of a tree is left out, beside `--exclude`. */
export const LEAVE_OUT_OPTIONS: readonly Parameter[] = [
  {
    name: "exclude-caches",
    type: { kind: "boolean" },
    default: false,
    description:
      "Leave out the contents of directories with a valid CACHEDIR.TAG, but for the tag.",
  },
  {
    name: "exclude-file",
    type: { kind: "string", minLength: 1 },
    repeatable: true,
    completion: "file-name",
    description: "File with patterns as those of --exclude, one a line; lines that begin with # " +
      "are comments. They come before those of --exclude.",
  },
  {
    name: "exclude-gitignore",
    type: { kind: "boolean" },
    default: false,
    description: "Leave out what the .gitignore files in working trees of Git say.",
  },
  {
    name: "exclude-if-present",
    type: { kind: "string", minLength: 1, acceptsBytes: true },
    repeatable: true,
    description:
      "Leave out the contents of directories that have an entry of this name, but for the entry.",
  },
  {
    name: "exclude-larger-than",
    type: { kind: "string", minLength: 1, maxLength: 64, format: BYTE_SIZE_FORMAT },
    description: "Leave out files that are larger, e.g. 4GiB.",
  },
  {
    name: "files-from",
    type: { kind: "string", minLength: 1 },
    repeatable: true,
    completion: "file-name",
    description: "File with the only paths to store, one a line, with what is below them: from " +
      "the root of the file system, or without a slash in front from the source; - for the " +
      "standard input. Lines that begin with # are comments.",
  },
  {
    name: "files-from0",
    type: { kind: "string", minLength: 1 },
    repeatable: true,
    completion: "file-name",
    description: "The same with a zero byte behind each path, as find -print0 writes.",
  },
  {
    name: "one-file-system",
    type: { kind: "boolean" },
    default: false,
    description: "Stay on the file system of the source, which is the default.",
  },
];

/**
 * The rules that these options make; undefined if none is given.
 *
 * @throws {UsageError} that names option, file and line of what makes no sense.
 */
export async function readLeaveOut(values: CommandValues): Promise<LeaveOut | undefined> {
  if (!LEAVE_OUT_OPTIONS.some(({ name }) => values.has(name))) return undefined;
  const { checkMarkName, ListedPaths, parseExcludeList } = await import("../../lib/fs/mod.ts");
  const patterns = values.texts("exclude-file").flatMap((file) => {
    if (file === STANDARD_INPUT) {
      throw new UsageError("option 'exclude-file' takes a file, not the standard input");
    }
    return parseExcludeList(readInputPath(file, PATTERNS_BYTES_MAX), `'${file}'`);
  });
  const lines = values.texts("files-from");
  const words = values.texts("files-from0");
  if ([...lines, ...words].filter((file) => file === STANDARD_INPUT).length > 1) {
    throw new UsageError("only one list of paths can be the standard input");
  }
  const listed = new ListedPaths();
  for (const file of lines) listed.addLines(readPaths(file), `--files-from '${file}'`);
  for (const file of words) listed.addWords(readPaths(file), `--files-from0 '${file}'`);
  const isListing = lines.length + words.length > 0;
  if (isListing && listed.count === 0) {
    throw new UsageError("no path is listed, so there is nothing to store");
  }
  const larger = values.text("exclude-larger-than");
  const ifPresent = values.arguments("exclude-if-present").map(argumentBytes);
  for (const name of ifPresent) checkMarkName(name, "option 'exclude-if-present'");
  return {
    patterns,
    filters: {
      caches: values.flag("exclude-caches"),
      gitignore: values.flag("exclude-gitignore"),
      ...(ifPresent.length === 0 ? {} : { ifPresent }),
      ...(larger === undefined
        ? {}
        : { largerThanBytes: Math.floor(Number(parseByteSize(larger))) }),
    },
    ...(isListing ? { listed } : {}),
    oneFileSystem: values.flag("one-file-system"),
  };
}

function readPaths(file: string): Uint8Array {
  return readInputPath(file === STANDARD_INPUT ? "/dev/stdin" : file, PATHS_BYTES_MAX);
}

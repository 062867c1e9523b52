/** Source of a mount that is an image in the place of a file, before the image's name. */
const SOURCE_PREFIX = "pbs-block-dev:";

/** An image that is mounted on a file of the user's choice. */
export interface MountedFile {
  readonly name: string;
  /** Path of the file. */
  readonly file: string;
}

/** The source under which a mounted image is found again, whatever its name holds. */
export function sourceOf(name: string): string {
  return SOURCE_PREFIX + encodeURI(name);
}

/**
 * The images that are mounted on files, from the kernel's table of mounts.
 *
 * @param table Text of `/proc/self/mountinfo`.
 */
export function mountedFiles(table: string): MountedFile[] {
  return table.split("\n").flatMap((line) => {
    const words = line.split(" ");
    const [type, source = ""] = words.slice(words.indexOf("-", 6) + 1);
    const path = words[4];
    if (path === undefined || type !== "fuse" || !source.startsWith(SOURCE_PREFIX)) return [];
    return [{
      name: withoutPercents(withoutOctals(source.slice(SOURCE_PREFIX.length))),
      file: withoutOctals(path),
    }];
  });
}

/** The kernel writes blanks, line ends and backslashes as octal numbers. */
function withoutOctals(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits) => String.fromCharCode(parseInt(digits, 8)));
}

function withoutPercents(text: string): string {
  try {
    return decodeURI(text);
  } catch {
    return text;
  }
}

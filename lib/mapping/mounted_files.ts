/** Source of a mount that is an image in the place of a file; its owner and the image's name follow. */
const SOURCE_PREFIX = "pbs-block-dev:";

/** An image that is mounted on a file of the user's choice. */
export interface MountedFile {
  readonly name: string;
  /** Path of the file. */
  readonly file: string;
  /** The process that serves it, unless it has gone. */
  readonly owner: number;
}

/** The source under which an image that this process shows is found again, whatever its name holds. */
export function sourceOf(name: string): string {
  return `${SOURCE_PREFIX}${Deno.pid}:${encodeURI(name)}`;
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
    const text = withoutOctals(source.slice(SOURCE_PREFIX.length));
    const colon = text.indexOf(":");
    const owner = Number(text.slice(0, colon));
    if (!Number.isSafeInteger(owner) || owner < 1) return [];
    return [{ name: withoutPercents(text.slice(colon + 1)), file: withoutOctals(path), owner }];
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

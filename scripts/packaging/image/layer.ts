import { tarEnd, tarHeader, tarPadding } from "../../../lib/tar/mod.ts";
import { concatBytes } from "../../../lib/bytes/mod.ts";

/** Number of the user that images run as, unless they are told another one. */
export const IMAGE_USER = 65532;

const encoder = new TextEncoder();
/** Files that programs look up users and groups in. */
const USER_FILES = ["etc/passwd", "etc/group"];

/**
 * The only layer of the image, as tar: the executable, `pxar` as a link to it, who its user is, and
 * folders to write in. Not compressed: what the executable carries is.
 *
 * @param executable Contents of the packed executable.
 * @param dateSecs Time of every entry, in seconds since 1970.
 */
export async function imageLayer(executable: Uint8Array, dateSecs: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  const entry = (path: string, type: "0" | "2" | "5", more: Partial<EntryParts> = {}) => {
    const { content = new Uint8Array(0), mode = 0o755, owner = 0, target } = more;
    parts.push(
      tarHeader({
        path: encoder.encode(path),
        type,
        mode,
        uid: owner,
        gid: owner,
        size: content.length,
        mtimeSecs: dateSecs,
        ...(target === undefined ? {} : { target: encoder.encode(target) }),
      }),
      content,
      tarPadding(content.length),
    );
  };
  entry("cache/", "5", { mode: 0o700, owner: IMAGE_USER });
  entry("dev/", "5");
  entry("etc/", "5");
  for (const path of USER_FILES) {
    entry(path, "0", { content: await userFile(path), mode: 0o644 });
  }
  entry("home/", "5");
  entry("home/nonroot/", "5", { mode: 0o700, owner: IMAGE_USER });
  entry("proc/", "5");
  entry("root/", "5", { mode: 0o700 });
  entry("run/", "5");
  entry("sys/", "5");
  entry("tmp/", "5", { mode: 0o1777 });
  entry("usr/", "5");
  entry("usr/bin/", "5");
  entry("usr/bin/pbs-client", "0", { content: executable });
  entry("usr/bin/pxar", "2", { mode: 0o777, target: "pbs-client" });
  parts.push(tarEnd());
  return concatBytes(parts);
}

/** What entries differ in. */
interface EntryParts {
  readonly content: Uint8Array;
  readonly mode: number;
  readonly owner: number;
  readonly target: string;
}

async function userFile(path: string): Promise<Uint8Array> {
  return await Deno.readFile(new URL(`root/${path}`, import.meta.url));
}

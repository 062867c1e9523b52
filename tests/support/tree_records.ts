import { runPeer } from "./run_peer.ts";

/** Everything about an entry that a comparison may find changed, by the part's name. */
export type TreeRecord = Readonly<Record<string, string>>;

/**
 * A tree as `find`, `sha256sum`, `getfattr` and `getfacl` see it, by path from its top. What is a
 * further name of a file in the order of an archive has only the first name, as `link`.
 */
export async function treeRecords(top: string): Promise<Map<string, TreeRecord>> {
  const format = "%P\\0%y\\0%s\\0%T@\\0%m\\0%U:%G\\0%l\\0%i\\0%n\\0";
  const fields = (await runPeer("find", [".", "-printf", format], { cwd: top })).split("\0");
  const contents = await perFile(
    "find . -type f -exec sha256sum -z {} +",
    top,
    (text) =>
      text.split("\0").filter((line) => line !== "").map((
        line,
      ) => [line.slice(66), line.slice(0, 64)]),
  );
  const xattrs = await perFile("getfattr -R -h -d -m ^user .", top, blocks);
  const acls = await perFile("getfacl -R -P -s -n -c -p .; getfacl -R -P -s -n -p .", top, blocks);
  const rows: string[][] = [];
  for (let at = 0; at + 9 <= fields.length; at += 9) rows.push(fields.slice(at, at + 9));
  rows.sort(([a], [b]) => inArchiveOrder(a!) < inArchiveOrder(b!) ? -1 : 1);
  const first = new Map<string, string>();
  const records = new Map<string, TreeRecord>();
  for (const [path, type, size, mtime, mode, owner, target, inode, links] of rows as Row[]) {
    if (type === "f" && links !== "1") {
      const known = first.get(inode);
      if (known !== undefined) {
        records.set(path, { type: "hardlink", link: known });
        continue;
      }
      first.set(inode, path);
    }
    records.set(path, {
      type,
      mtime,
      mode: type === "l" ? "" : mode,
      owner,
      ...(type === "l" ? { target } : {}),
      ...(type === "f" ? { size, content: contents.get(path)! } : {}),
      // Archives have them of files and directories only.
      xattrs: "fd".includes(type) ? xattrs.get(path) ?? "" : "",
      acl: "fd".includes(type) ? acls.get(path) ?? "" : "",
    });
  }
  return records;
}

type Row = [string, string, string, string, string, string, string, string, string];

async function perFile(
  command: string,
  top: string,
  read: (text: string) => string[][],
): Promise<Map<string, string>> {
  const text = await runPeer("bash", ["-c", command], { cwd: top, codes: [0, 1] });
  return new Map(
    read(text).map(([path, value]) => [path!.replace(/^\.\/?/, ""), value!]),
  );
}

/** The blocks of getfattr and getfacl: a line with the path, then what it has. */
function blocks(text: string): string[][] {
  return text.split("\n\n").filter((block) => block.trimStart().startsWith("# file: "))
    .map((block) => {
      const [head, ...rest] = block.trimStart().split("\n");
      return [
        head!.slice("# file: ".length),
        rest.filter((line) => !/^(# owner|# group|user::|group::|other::|mask::)/.test(line))
          .sort().join("\n"),
      ];
    });
}

/** Sorts as archives do: what is in a directory before what follows the directory. */
function inArchiveOrder(path: string): string {
  return path.replaceAll("/", "\0");
}

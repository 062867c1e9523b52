import { assertEquals } from "@std/assert";
import { runPeer } from "./run_peer.ts";

/** The peers that {@linkcode assertSameTree} runs. */
export const TREE_PEERS = ["rsync", "getfacl", "getcap", "lsattr"] as const;

/** Bits that a file system sets by itself (extents, indexed directory, inline data) or that are not
 * restored on purpose (`d`, NODUMP; spec: pxar.md §8.1). */
const FLAGS_OF_NO_CONCERN = /[eIdNE]/g;

/**
 * Fails unless two trees are equal in the eyes of programs that share nothing with this one: names,
 * contents, modes, owners, nanosecond times, links, devices, xattrs (rsync), ACLs, capabilities, flags.
 *
 * @param expected Path of the source.
 * @param actual Path of the restored tree.
 * @param exclude rsync patterns of what is known to differ.
 * @param options.hasFlags Whether the second one can have flags of inodes; a mount cannot.
 */
export async function assertSameTree(
  expected: string,
  actual: string,
  exclude: readonly string[] = [],
  { hasFlags = true }: { readonly hasFlags?: boolean } = {},
): Promise<void> {
  const differences = await runPeer("rsync", [
    "-aHAXnc",
    "--specials",
    "--devices",
    "--delete",
    "--itemize-changes",
    "--modify-window=-1",
    ...exclude.map((pattern) => `--exclude=${pattern}`),
    `${expected}/`,
    `${actual}/`,
  ]);
  assertEquals(differences, "", "rsync finds differences");

  const list = async (
    command: string,
    args: string[],
    path: string,
    clean: (line: string) => string,
  ) =>
    (await runPeer(command, args, { cwd: path, codes: [0, 1] }))
      .split(command === "getfacl" ? "\n\n" : "\n").filter((line) =>
        !exclude.some((name) => line.includes(name))
      )
      .map(clean).sort().join("\n");
  for (
    const [command, args, clean] of [
      ["getfacl", ["-R", "-n", "-p", "."], (line: string) => line],
      ["getcap", ["-r", "."], (line: string) => line],
      [
        "lsattr",
        ["-R", "-a", "."],
        (line: string) =>
          line.replace(
            /^\S+/,
            (flags) => flags.replaceAll("-", "").replace(FLAGS_OF_NO_CONCERN, ""),
          ),
      ],
    ] as [string, string[], (line: string) => string][]
  ) {
    if (command === "lsattr" && !hasFlags) continue;
    assertEquals(
      await list(command, args, actual, clean),
      await list(command, args, expected, clean),
      `${command} finds differences`,
    );
  }
}

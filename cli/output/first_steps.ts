import type { ArchiveSpec } from "../../lib/backup/mod.ts";
import { shellWord } from "./shell_word.ts";

/** Facts for the lines with which a newcomer lists and restores a first backup. */
export interface FirstSteps {
  /** How the program was started. */
  readonly program: string;
  /** Value of `--repository`. */
  readonly repository: string;
  readonly namespace: string;
  /** `type/id`. */
  readonly group: string;
  readonly archives: readonly ArchiveSpec[];
  /** Value of `--keyfile` without which it cannot be restored. */
  readonly keyFile?: string | undefined;
}

/**
 * The commands that list and restore what was just backed up, one line each.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const archives = [{ name: "etc.pxar", kind: "pxar", path: new Uint8Array() }] as const;
 * const steps = { program: "pbs-client", repository: "/b", namespace: "", group: "host/a", archives };
 * assertEquals(firstSteps(steps), [
 *   "List it: pbs-client snapshot list --repository /b",
 *   "Restore it: pbs-client restore host/a etc.pxar ./restored-etc --repository /b",
 * ]);
 * ```
 */
export function firstSteps(steps: FirstSteps): string[] {
  const { program, repository, namespace, group, archives, keyFile } = steps;
  const key = keyFile === undefined ? [] : ["--keyfile", keyFile];
  const place = ["--repository", repository, ...(namespace === "" ? [] : ["--ns", namespace])];
  const command = (words: string[]) => [program, ...words, ...place].map(shellWord).join(" ");
  return [
    `List it: ${command(["snapshot", "list"])}`,
    ...archives.slice(0, 1).map(({ name, kind }) => {
      const target = kind === "pxar" ? name.replace(/\.pxar$/, "") : name;
      return `Restore it: ${command(["restore", group, name, `./restored-${target}`, ...key])}`;
    }),
  ];
}

import { withoutServerExtension } from "../output/display_file_names.ts";
import type { HintContext } from "./hint_context.ts";
import { nearestWords } from "./nearest_words.ts";

/** Archives and snapshots that are not there, and targets that are. */
export const hintOnArchive = {
  "no-archive": (
    { name, names }: { readonly name: string; readonly names: readonly string[] },
  ): string => {
    const known = names.map(clientName);
    const [nearest] = nearestWords(clientName(name), known);
    const list = `the snapshot holds ${[...new Set(known)].join(", ") || "nothing"}`;
    return nearest === undefined ? list : `did you mean ${nearest}? ${list}`;
  },

  "archive-name-without-type": (
    { name }: { readonly name: string },
    { program, values }: HintContext,
  ): string =>
    `names of archives end in their kind, e.g. ${plainName(name)}.pxar; ` +
    `"${program} snapshot files ${values?.text("snapshot") ?? "<snapshot>"}" shows them`,

  "split-archive-to-pipe": (): string =>
    "--format pxar writes a split archive to the standard output as one archive, --format tar as tar file",

  "no-snapshot": (
    { group, hasOthers }: { readonly group: string; readonly hasOthers: boolean },
    { program, values }: HintContext,
  ): string =>
    hasOthers
      ? `"${program} snapshot list ${group}" shows those of the group, ${group} alone means the newest`
      : `"${program} list" shows the groups` +
        (values?.has("ns") ? "" : "; those of a namespace need --ns"),

  "no-loop-device": (): string =>
    "--file PATH shows the image as a file, which needs neither a loop device nor privileges",

  "target-exists": ({ what }: { readonly what: "tree" | "file" }): string =>
    what === "file"
      ? "nothing is replaced: name a file that does not exist, or - for the standard output"
      : "restore into an empty or new folder; or let it merge with --allow-existing-dirs, and " +
        "replace what is there with --overwrite",
};

/** As a user names it; of a split archive, the whole. */
function clientName(name: string): string {
  return withoutServerExtension(name).replace(/\.[mp]pxar$/, ".pxar");
}

function plainName(name: string): string {
  return /^[A-Za-z0-9_-]+$/.test(name) ? name : "root";
}

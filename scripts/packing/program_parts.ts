/** Folders of commands, each a module of its own, below `cli`. */
const FOLDERS = ["commands", "pxar_commands"];
const ASSETS = "lib/page/assets";

/**
 * Paths of the commands' modules relative to `cli`, without ending, sorted.
 *
 * @param root Top folder of the sources, with a slash at its end.
 */
export function commandModules(root: string): string[] {
  return FOLDERS.flatMap((folder) =>
    namesIn(`${root}cli/${folder}`)
      .filter((name) => name.endsWith(".ts") && !name.endsWith("_test.ts"))
      .map((name) => `${folder}/${name.slice(0, -".ts".length)}`)
  );
}

/** The files of the page, sorted by name; they must have been made. */
export function pageAssets(
  root: string,
): { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> }[] {
  return namesIn(root + ASSETS).map((name) => ({
    name,
    bytes: Deno.readFileSync(`${root}${ASSETS}/${name}`),
  }));
}

function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

/** A text to write in place of a backup specification without the name of an archive. */
export function adviseOnBackupSpec(text: string): string {
  const form = "what to back up is written name.kind:path, the kind is pxar (a directory), img " +
    "(an image), conf or log (a file)";
  const colon = text.indexOf(":");
  const path = /^[./~]/.test(text) ? text : text.slice(colon + 1);
  const example = `${nameFor(path)}.${kindFor(path)}:${path}`;
  return path === "" ? form : `${form}: ${example}`;
}

/** A name for the archive of a path; `root` for the whole file system. */
function nameFor(path: string): string {
  const last = path.split("/").filter((part) => part !== "" && part !== "." && part !== "..").at(
    -1,
  );
  const words = (last ?? "root").replace(/\.(?:img|conf|log|raw)$/, "").split(/[^a-zA-Z0-9_]/);
  return words.filter((word) => word !== "").join("-") || "root";
}

function kindFor(path: string): string {
  try {
    const { isFile, isBlockDevice } = Deno.statSync(path);
    if (isBlockDevice || isFile && /\.(?:img|raw)$/.test(path)) return "img";
    if (isFile) return /\.log$/.test(path) ? "log" : "conf";
  } catch {
    // Not there: most people back up directories.
  }
  return "pxar";
}

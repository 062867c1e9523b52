import { type Architecture, isOwn } from "./architecture.ts";
import type { PackedFile } from "./packed_file.ts";
import { runTool } from "./run_tool.ts";

/**
 * The runtime for an architecture: this machine's is the one that runs, another comes from its npm
 * package.
 *
 * @param folder Where the package is kept.
 */
export async function runtime(architecture: Architecture, folder: string): Promise<PackedFile> {
  const path = isOwn(architecture) ? Deno.execPath() : await fetchRuntime(architecture, folder);
  return { path: "deno", bytes: await Deno.readFile(path), kind: "executable" };
}

async function fetchRuntime(
  { runtimePackage }: Architecture,
  folder: string,
): Promise<string> {
  const name = `${runtimePackage}@${Deno.version.deno}`;
  const path = `${folder}/deno-${Deno.version.deno}`;
  try {
    await Deno.stat(path);
    return path;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const file = await runTool("npm", ["pack", "--silent", "--pack-destination", folder, name]);
  await runTool("tar", ["-xzf", `${folder}/${file.trim()}`, "-C", folder, "package/deno"]);
  await Deno.rename(`${folder}/package/deno`, path);
  await Deno.remove(`${folder}/${file.trim()}`);
  return path;
}

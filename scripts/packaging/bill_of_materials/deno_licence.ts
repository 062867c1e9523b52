import { dirname } from "@std/path";
import { runTool } from "../../packing/run_tool.ts";
import type { LicenceText } from "./component.ts";

/** Promise of the one text; it may have to be fetched. */
let text: Promise<LicenceText> | undefined;

/**
 * The licence of Deno and its standard library, which their packages for one kind of machine, and that
 * of the library, leave out: it is in Deno's npm package, beside the program or fetched into a folder.
 */
export function denoLicence(): Promise<LicenceText> {
  return text ??= readLicence();
}

async function readLicence(): Promise<LicenceText> {
  const beside = `${dirname(Deno.execPath())}/../../deno/LICENSE`;
  try {
    return { name: "LICENSE", text: await Deno.readTextFile(beside) };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const folder = await Deno.makeTempDir({ prefix: "pbs-client-licence-" });
  try {
    const quiet = ["--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--omit=optional"];
    await runTool("npm", ["install", "--prefix", folder, ...quiet, `deno@${Deno.version.deno}`]);
    const path = `${folder}/node_modules/deno/LICENSE`;
    return { name: "LICENSE", text: await Deno.readTextFile(path) };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

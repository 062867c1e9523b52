import { fileURLToPath } from "node:url";
import { runTool } from "../packing/run_tool.ts";

/**
 * The time that everything made from these sources bears, in seconds since 1970: `SOURCE_DATE_EPOCH` if
 * set, else that of the newest commit. So two builds of the same sources are alike.
 *
 * @throws {Error} if neither tells one.
 */
export async function sourceDate(): Promise<number> {
  const given = Deno.env.get("SOURCE_DATE_EPOCH");
  if (given !== undefined) {
    if (!/^\d{1,11}$/.test(given)) {
      throw new Error(`SOURCE_DATE_EPOCH is no number of seconds: '${given}'`);
    }
    return Number(given);
  }
  const root = fileURLToPath(new URL("../../", import.meta.url));
  return Number(await runTool("git", ["-C", root, "log", "-1", "--format=%ct"]));
}

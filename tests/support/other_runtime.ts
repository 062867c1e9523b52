import { fromFileUrl } from "@std/path";
import { runtimeFolder } from "./run_client.ts";

/** This clone in another version of the runtime. */
export interface OtherRuntime {
  /** The words that start the program. */
  readonly program: readonly string[];
  readonly env: Record<string, string>;
}

/**
 * Prepares this clone for a runtime of another version: versions throw away each other's caches, so it
 * gets its own, with the packages of the clone.
 *
 * @param runtime Path or name of the other `deno`.
 * @param folder Empty, for its caches.
 */
export async function inOtherRuntime(runtime: string, folder: string): Promise<OtherRuntime> {
  await Deno.symlink(`${runtimeFolder()}/npm`, `${folder}/npm`);
  const entry = fromFileUrl(new URL("../../cli/main.ts", import.meta.url));
  return {
    program: [runtime, "run", "--quiet", "--allow-all", "--cached-only", entry],
    env: { DENO_DIR: folder, DENO_NO_UPDATE_CHECK: "1" },
  };
}

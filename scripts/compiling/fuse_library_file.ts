import { runTool } from "../packing/run_tool.ts";

/** How the loader's list names it, for programs of 64 bits. */
const LINE = /^\s*libfuse3\.so\.3 \(libc6,[^)]*64[^)]*\) => (\S+)$/m;

/**
 * The file of this machine's libfuse 3.
 *
 * @throws {Error} if it is not installed.
 */
export async function fuseLibraryFile(): Promise<string> {
  // Its folder is in the path of the superuser only.
  const list = await runTool("/sbin/ldconfig", ["-p"]);
  const path = LINE.exec(list)?.[1];
  if (path === undefined) {
    throw new Error('libfuse 3 is not installed, which mounts need: install the package "fuse3"');
  }
  return await Deno.realPath(path);
}

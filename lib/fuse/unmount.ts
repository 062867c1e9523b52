import { unmountPath } from "../../ffi/fuse_channel.ts";

/**
 * Unmounts what is mounted on a path, whoever serves it or served it.
 *
 * @param isLazy Whether it goes out of sight although it is in use, and away with its last user.
 * @returns Whether it worked.
 */
export async function unmount(path: string, isLazy: boolean): Promise<boolean> {
  return await unmountPath(path, isLazy) || await runUnmounter(path, isLazy);
}

/** Ordinary users need the program that has the right to unmount. */
async function runUnmounter(path: string, isLazy: boolean): Promise<boolean> {
  try {
    const { success } = await new Deno.Command("fusermount3", {
      args: [isLazy ? "-uz" : "-u", "-q", "--", path],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).output();
    return success;
  } catch {
    return false;
  }
}

import { setTimeout as delay } from "node:timers/promises";

/** The device through which a process serves a FUSE file system. */
const FUSE_DEVICE = "/dev/fuse";

/**
 * Whether a process serves a FUSE file system: else a number that is as it was belongs to another
 * process by now. Who may not look takes its word for it.
 */
export async function servesFuse(processId: number): Promise<boolean> {
  if (!await isRunning(processId)) return false;
  const folder = `/proc/${processId}/fd`;
  try {
    for await (const { name } of Deno.readDir(folder)) {
      if (await targetOf(`${folder}/${name}`) === FUSE_DEVICE) return true;
    }
    return false;
  } catch (error) {
    return error instanceof Deno.errors.PermissionDenied ||
      error instanceof Deno.errors.NotCapable;
  }
}

/**
 * Waits until a process has ended.
 *
 * @returns Whether it has before the time was over.
 */
export async function hasEnded(processId: number, waitMs: number): Promise<boolean> {
  const deadline = Date.now() + waitMs;
  while (await isRunning(processId)) {
    if (Date.now() > deadline) return false;
    // As often as the official client looks (spec: client-pipeline.md §6.5).
    await delay(100);
  }
  return true;
}

/** Whether there is such a process that is more than a number which its parent has not taken back. */
async function isRunning(processId: number): Promise<boolean> {
  try {
    const status = await Deno.readTextFile(`/proc/${processId}/stat`);
    return !/^\) [ZX]/.test(status.slice(status.lastIndexOf(")")));
  } catch {
    return false;
  }
}

async function targetOf(link: string): Promise<string | undefined> {
  try {
    return await Deno.readLink(link);
  } catch {
    // Closed meanwhile.
    return undefined;
  }
}

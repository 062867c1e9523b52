const PAUSE_MS = 20;

/** What a process came to. */
export interface WatchedRun {
  readonly code: number;
  readonly stderr: string;
  /** The most memory that was resident, bytes. */
  readonly peakBytes: number;
}

/** The most memory that a process had resident so far, bytes; 0 if it has ended. */
export function peakMemoryBytes(pid: number): number {
  try {
    const status = Deno.readTextFileSync(`/proc/${pid}/status`);
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/**
 * Waits for a process and watches its memory.
 *
 * @param child With output that is piped.
 * @param limitBytes The process is killed, for the sake of the machine, when it takes more.
 */
export async function watchMemory(
  child: Deno.ChildProcess,
  limitBytes: number,
): Promise<WatchedRun> {
  let peakBytes = 0;
  const timer = setInterval(() => {
    peakBytes = Math.max(peakBytes, peakMemoryBytes(child.pid));
    if (peakBytes > limitBytes) child.kill("SIGKILL");
  }, PAUSE_MS);
  try {
    const { code, stderr } = await child.output();
    return { code, stderr: new TextDecoder().decode(stderr), peakBytes };
  } finally {
    clearInterval(timer);
  }
}

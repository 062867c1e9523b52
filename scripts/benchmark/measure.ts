/** What a command cost. */
export interface Measurement {
  /** Wall clock. */
  readonly seconds: number;
  /** Processor time of the whole process tree, user and system. */
  readonly cpuSeconds: number;
  /** Largest sum of resident memory over the whole process tree that was seen, MB (10^6). */
  readonly peakMegabytes: number;
  readonly exitCode: number;
}

const PAGE_BYTES = 4096;
const TICKS_PER_SECOND = 100;
const POLL_MS = 15;

/** Parent, CPU ticks (own and waited-for children) and resident bytes of all processes. */
function processTable(): Map<number, { parent: number; ticks: number; bytes: number }> {
  const table = new Map<number, { parent: number; ticks: number; bytes: number }>();
  for (const entry of Deno.readDirSync("/proc")) {
    const id = Number(entry.name);
    if (!Number.isInteger(id)) continue;
    try {
      const stat = Deno.readTextFileSync(`/proc/${id}/stat`);
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      const resident = Number(Deno.readTextFileSync(`/proc/${id}/statm`).split(" ")[1]);
      const ticks = [11, 12, 13, 14].reduce((sum, i) => sum + Number(fields[i]), 0);
      table.set(id, { parent: Number(fields[1]), ticks, bytes: resident * PAGE_BYTES });
    } catch {
      // The process ended while it was looked at.
    }
  }
  return table;
}

/** Sums a process and all its descendants. */
function sumTree(root: number): { bytes: number; ticks: number } {
  const table = processTable();
  const inside = new Set([root]);
  let grown = true;
  while (grown) {
    grown = false;
    for (const [id, { parent }] of table) {
      if (!inside.has(id) && inside.has(parent)) {
        inside.add(id);
        grown = true;
      }
    }
  }
  let bytes = 0;
  let ticks = 0;
  for (const id of inside) {
    bytes += table.get(id)?.bytes ?? 0;
    ticks += table.get(id)?.ticks ?? 0;
  }
  return { bytes, ticks };
}

/**
 * Runs a shell command and measures it with everything it starts.
 *
 * @param command For `bash -c`.
 * @param env Added to the environment.
 * @param logPath Where its output goes.
 */
export async function measure(
  command: string,
  env: Record<string, string>,
  logPath: string,
): Promise<Measurement> {
  const started = performance.now();
  const child = new Deno.Command("bash", {
    args: ["-o", "pipefail", "-c", `{ ${command}\n} >'${logPath}' 2>&1`],
    env,
    stdin: "null",
  }).spawn();
  let peak = 0;
  let ticks = 0;
  let running = true;
  const poll = (async () => {
    while (running) {
      const now = sumTree(child.pid);
      peak = Math.max(peak, now.bytes);
      ticks = Math.max(ticks, now.ticks);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  })();
  const status = await child.status;
  const seconds = (performance.now() - started) / 1000;
  running = false;
  await poll;
  return {
    seconds,
    cpuSeconds: ticks / TICKS_PER_SECOND,
    peakMegabytes: peak / 1e6,
    exitCode: status.code,
  };
}

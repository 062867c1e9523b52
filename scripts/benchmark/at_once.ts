// deno-lint-ignore-file no-console
import { measure, type Measurement, ProcessMeter } from "./measure.ts";
import { ServedStore } from "./served_store.ts";

/**
 * Lets several clients work with one server at the same time, each with a group of its own, and prints
 * the server's peak and the largest of the clients'. Restores go to nowhere, as one stream.
 *
 * @param program How pbs-client is started.
 * @param workParent Folder under which the datastore is made.
 * @param tree What is backed up.
 * @param count Clients at once.
 */
export async function runAtOnce(
  program: string,
  workParent: string,
  tree: string,
  count: number,
): Promise<void> {
  const work = await Deno.makeTempDir({ dir: workParent, prefix: "pbs-client-at-once-" });
  try {
    await using served = await ServedStore.start(program, `${work}/served`);
    const jobs: [string, (id: string) => string][] = [
      ["full", (id) => `${program} backup 'root.pxar:${tree}' --backup-id ${id}`],
      ["unchanged", (id) => `${program} backup 'root.pxar:${tree}' --backup-id ${id}`],
      ["restore", (id) => `${program} restore host/${id} root.pxar - | cat >/dev/null`],
    ];
    console.log(
      `${count} at once   seconds  client: cpu s each, largest peak MB  server: cpu s, MB`,
    );
    for (const [job, command] of jobs) {
      const server = new ProcessMeter(served.processId);
      const clients = await Promise.all(
        Array.from({ length: count }, (_, i) => i).map(async (i): Promise<Measurement> => {
          const log = `${work}/log-${i}`;
          const result = await measure(command(`client-${i}`), served.environment(), log);
          if (result.exitCode !== 0) throw new Error(await Deno.readTextFile(log));
          return result;
        }),
      );
      const { cpuSeconds, peakMegabytes } = server.stop();
      const seconds = Math.max(...clients.map((client) => client.seconds));
      const clientSeconds = clients.reduce((sum, client) => sum + client.cpuSeconds, 0) / count;
      const clientPeak = Math.max(...clients.map((client) => client.peakMegabytes));
      console.log(
        `${job.padEnd(10)} ${seconds.toFixed(1).padStart(8)}  ` +
          `${clientSeconds.toFixed(1)}, ${clientPeak.toFixed(0)}  ` +
          `${cpuSeconds.toFixed(1)}, ${peakMegabytes.toFixed(0)}`,
      );
    }
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

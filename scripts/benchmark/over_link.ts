// deno-lint-ignore-file no-console
import { measure } from "./measure.ts";
import { ServedStore } from "./served_store.ts";
import { checkLink, SlowLink } from "./slow_link.ts";

const DELAY_MS = 20;
/** 1 Gbit/s. */
const BYTES_PER_SECOND = 125e6;
const FILES = 24;
const FILE_BYTES = 64 * 1024 * 1024;
const RANDOM_BYTES = 65536;

/**
 * Backs up data that cannot be compressed through a link of 1 Gbit/s with a round trip of 40 ms, and
 * restores it; prints what went over the link, against its rate, for the whole run of the command.
 *
 * @param program How pbs-client is started.
 * @param workParent Folder under which data and datastore are made.
 * @param targetParent Folder under which the restore goes.
 */
export async function runOverLink(
  program: string,
  workParent: string,
  targetParent: string,
): Promise<void> {
  const work = await Deno.makeTempDir({ dir: workParent, prefix: "pbs-client-link-" });
  const target = await Deno.makeTempDir({ dir: targetParent, prefix: "pbs-client-link-" });
  try {
    const { up, down } = await checkLink(DELAY_MS, BYTES_PER_SECOND);
    console.log(`the link alone carries ${up.toFixed(1)} MB/s up, ${down.toFixed(1)} MB/s down`);
    await Deno.mkdir(`${work}/tree`);
    for (let i = 0; i < FILES; i++) await makeRandomFile(`${work}/tree/file-${i}`);
    await using served = await ServedStore.start(program, `${work}/served`);
    await using link = await SlowLink.start(served.port, DELAY_MS, BYTES_PER_SECOND);
    const jobs: [string, string][] = [
      ["full", `${program} backup 'root.pxar:${work}/tree' --backup-id link`],
      ["restore", `${program} restore host/link root.pxar '${target}/tree'`],
    ];
    console.log(
      "job      seconds  wire MB    MB/s  of the link  client: cpu s, MB  server: cpu s, MB",
    );
    for (const [job, command] of jobs) {
      const before = await link.counts();
      const environment = served.environment(link.port);
      const result = await measure(command, environment, `${work}/log`, served.processId);
      if (result.exitCode !== 0) throw new Error(await Deno.readTextFile(`${work}/log`));
      const after = await link.counts();
      const bytes = Math.max(after.upBytes - before.upBytes, after.downBytes - before.downBytes);
      const rate = bytes / result.seconds;
      console.log(
        `${job.padEnd(8)} ${result.seconds.toFixed(1).padStart(7)} ` +
          `${(bytes / 1e6).toFixed(0).padStart(8)} ${(rate / 1e6).toFixed(1).padStart(7)} ` +
          `${(rate / BYTES_PER_SECOND).toFixed(2).padStart(12)}  ` +
          `${result.cpuSeconds.toFixed(1)}, ${result.peakMegabytes.toFixed(0)}  ` +
          `${result.server!.cpuSeconds.toFixed(1)}, ${result.server!.peakMegabytes.toFixed(0)}`,
      );
    }
  } finally {
    await Deno.remove(work, { recursive: true });
    await Deno.remove(target, { recursive: true });
  }
}

async function makeRandomFile(path: string): Promise<void> {
  using file = await Deno.open(path, { write: true, createNew: true });
  const bytes = new Uint8Array(1024 * 1024);
  for (let done = 0; done < FILE_BYTES; done += bytes.length) {
    for (let at = 0; at < bytes.length; at += RANDOM_BYTES) {
      crypto.getRandomValues(bytes.subarray(at, at + RANDOM_BYTES));
    }
    for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
  }
}

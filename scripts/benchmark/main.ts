// deno-lint-ignore-file no-console
// Times the main jobs of pbs-client and of its peers on one tree, in pairs, in one run, and prints the
// ratios. Every side works on a fresh repository; every restore goes to a fresh folder.
import { fromFileUrl } from "@std/path";

import { parseArgs } from "@std/cli/parse-args";
import { describeVectorPaths } from "../../ffi/pipeline.ts";
import { measure, type Measurement } from "./measure.ts";
import { runAtOnce } from "./at_once.ts";
import { runBuckets } from "./buckets.ts";
import { runImage } from "./image.ts";
import { runLook } from "./look.ts";
import { runOverLink } from "./over_link.ts";
import { runScale } from "./scale.ts";
import { ServedStore } from "./served_store.ts";
import {
  ENCRYPTED_SIDE,
  type Job,
  JOBS,
  LOCAL_SIDE,
  METADATA_SIDE,
  SERVED_METADATA_SIDE,
  SERVED_SIDE,
  type Side,
  sides,
} from "./sides.ts";

const USAGE = `usage: scripts/bench [options]
  --tree DIR        what is backed up (default /usr)
  --work DIR        folder for the repositories (default /var/tmp)
  --target DIR      folder for the restores (default /dev/shm)
  --rounds N        how often everything is done (default 1); the median counts
  --sides A,B       only these sides (default all that are installed)
  --compare SIDE    whose time is divided by that of the others (default "pbs-client", or
                    "through serve" with --serve)
  --cache warm|cold page cache before each timed job (default warm; cold needs root)
  --json FILE       where the figures go (default bench-results/<time>.json)
  --serve           also through "pbs-client serve" on the loopback device; ratios are of this side
  --serve --at-once N  instead: N backups of the tree at once, then N restores
  --relay           instead: through a link of 1 Gbit/s with 20 ms each way, random data
  --image SIZE      instead: an image of SIZE GiB, half of it zeros, beside zstd and openssl
  --buckets         instead: a bucket on a local S3 server, directly and through a link of 1 Gbit/s, copies
                    and the marking of a collection; a table in Markdown. Installs restic, curl and
                    versitygw if they are missing
    --size GIB      how much of the tree (default 2); --work is /dev/shm if absent, where 6 times the
                    size must be free
    --disk DIR      folder on a disk, to which copies go as well
    --round-trip MS of the link (default 30)
    --chunks N      in the store that is simulated for the marking (default 2e7)
    --tls           S3 over TLS, which only stores of this machine can do without
  --look            instead: mounts, maps, cat, find and the page, beside the source
  --snapshots N     how many snapshots --look searches (default 100)
  --scale           instead: 1,000,000 empty files, and one sparse 50 GB file (memory must not grow)
  --program COMMAND how pbs-client is started (default scripts/pbs-client)
PBS_CLIENT_VECTORS=avx512|avx2|none in the environment is the most that pbs-client may use of the processor.`;

const options = parseArgs(Deno.args, {
  string: [
    "tree",
    "work",
    "target",
    "rounds",
    "sides",
    "compare",
    "cache",
    "json",
    "program",
    "at-once",
    "image",
    "snapshots",
    "size",
    "disk",
    "round-trip",
    "chunks",
  ],
  boolean: ["serve", "relay", "look", "scale", "buckets", "tls", "help"],
  default: { tree: "/usr", target: "/dev/shm", rounds: "1", cache: "warm" },
});
if (options.help) {
  console.log(USAGE);
  Deno.exit(0);
}
const program: string = options.program ?? fromFileUrl(new URL("../pbs-client", import.meta.url));

const workParent: string = options.work ?? (options.buckets ? "/dev/shm" : "/var/tmp");

/** Empties the page cache, or fills it with the tree. */
async function prepareCache(tree: string): Promise<void> {
  if (options.cache === "cold") {
    await new Deno.Command("sync").output();
    await Deno.writeTextFile("/proc/sys/vm/drop_caches", "3");
    return;
  }
  await new Deno.Command("tar", {
    args: ["-C", tree, "-cf", "/dev/null", "--exclude=./proc", "."],
    stdout: "null",
    stderr: "null",
  }).output();
  // tar skips the contents for /dev/null, so read them.
  await new Deno.Command("bash", {
    args: ["-c", `find '${tree}' -xdev -type f -print0 | xargs -0 -P2 -n500 cat >/dev/null`],
    stdout: "null",
    stderr: "null",
  }).output();
}

async function shell(command: string, env: Record<string, string> = {}): Promise<string> {
  const output = await new Deno.Command("bash", { args: ["-c", command], env }).output();
  return new TextDecoder().decode(output.stdout).trim();
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function describeServer(list: readonly Measurement[]): string {
  const servers = list.flatMap(({ server }) => server ?? []);
  if (servers.length === 0) return "";
  const peakMegabytes = Math.max(...servers.map((server) => server.peakMegabytes));
  return `; server: ${median(servers.map((server) => server.cpuSeconds)).toFixed(1)}, ` +
    peakMegabytes.toFixed(0);
}

const OUR_SIDES = [
  LOCAL_SIDE,
  SERVED_SIDE,
  METADATA_SIDE,
  SERVED_METADATA_SIDE,
  ENCRYPTED_SIDE,
];
const results = new Map<string, Measurement[]>();
const key = (job: Job, side: Side) => `${job}\u0000${side.name}`;

async function round(wanted: string[] | undefined, number: number): Promise<Side[]> {
  const work = await Deno.makeTempDir({ dir: workParent, prefix: "pbs-client-bench-" });
  const target = await Deno.makeTempDir({ dir: options.target, prefix: "pbs-client-bench-" });
  const taking: Side[] = [];
  let served: ServedStore | undefined;
  try {
    if (options.serve) served = await ServedStore.start(program, `${work}/served`);
    for (const side of sides(program, options.tree, work, target, served)) {
      if (wanted !== undefined && !wanted.some((name) => side.name.startsWith(name))) continue;
      const present = await shell(side.needs.map((name) => `command -v ${name}`).join("\n"));
      if (present.split("\n").filter(Boolean).length < side.needs.length) {
        console.error(`${side.name}: left out, not installed: ${side.needs.join(", ")}`);
        continue;
      }
      taking.push(side);
      const made = await measure(side.prepare, side.env, `${work}/prepare.log`);
      if (made.exitCode !== 0) {
        throw new Error(`${side.name}: ${await Deno.readTextFile(`${work}/prepare.log`)}`);
      }
    }
    for (const job of JOBS) {
      for (const side of taking) {
        const command = side.jobs[job];
        if (command === undefined) continue;
        await prepareCache(options.tree);
        const result = await measure(command, side.env, `${work}/job.log`, side.serverId);
        console.error(
          `round ${number} ${job} ${side.name}: ${result.seconds.toFixed(2)} s, ` +
            `${result.cpuSeconds.toFixed(1)} s of processor time, ` +
            `peak ${result.peakMegabytes.toFixed(0)} MB, exit code ${result.exitCode}`,
        );
        if (result.exitCode !== 0 && OUR_SIDES.includes(side.name)) {
          throw new Error(await Deno.readTextFile(`${work}/job.log`));
        }
        const list = results.get(key(job, side)) ?? [];
        list.push(result);
        results.set(key(job, side), list);
        if (job === "restore") {
          await new Deno.Command("bash", {
            args: ["-c", `chattr -R -i -a '${target}' 2>/dev/null; rm -rf '${target}'/*`],
          }).output();
        }
      }
    }
  } finally {
    await served?.[Symbol.asyncDispose]();
    await Deno.remove(work, { recursive: true });
    await Deno.remove(target, { recursive: true });
  }
  return taking;
}

if (options.image !== undefined) {
  await runImage({
    program,
    tree: options.tree,
    work: workParent,
    target: options.target,
    sizeBytes: Math.round(Number(options.image) * 1024) * 1024 * 1024,
    rounds: Number(options.rounds),
  });
} else if (options.buckets) {
  await runBuckets({
    program,
    tree: options.tree,
    sizeBytes: Number(options.size ?? 2) * 2 ** 30,
    work: workParent,
    disk: options.disk,
    rounds: Number(options.rounds),
    roundTripMs: Number(options["round-trip"] ?? 30),
    simulatedChunks: Number(options.chunks ?? 2e7),
    tls: options.tls,
  });
} else if (options.look) {
  await runLook({
    program,
    tree: options.tree,
    work: workParent,
    target: options.target,
    snapshots: Number(options.snapshots ?? 100),
  });
} else if (options.scale) {
  await runScale(program, workParent, options.target);
} else if (options.relay) {
  await runOverLink(program, workParent, options.target);
} else if (options["at-once"] !== undefined) {
  await runAtOnce(program, workParent, options.tree, Number(options["at-once"]));
} else {
  const entries = await shell(`find '${options.tree}' -xdev | wc -l`);
  const bytes = await shell(`du -sxb '${options.tree}' | cut -f1`);
  console.error(`${options.tree}: ${entries} entries, ${bytes} bytes, ${options.cache} cache`);
  console.error(`vector instructions: ${describeVectorPaths()}`);
  let taking: Side[] = [];
  for (let number = 1; number <= Number(options.rounds); number++) {
    taking = await round(options.sides?.split(","), number);
  }
  const rows: Record<string, unknown>[] = [];
  const compared = options.compare ?? (options.serve ? SERVED_SIDE : LOCAL_SIDE);
  console.log(
    `job        side            seconds  cpu s  peak MB  time of ${compared} / of this side` +
      (options.serve ? "; server: cpu s, peak MB" : ""),
  );
  for (const job of JOBS) {
    const ours = taking.find((side) => side.name === compared);
    const oursSeconds = ours && results.get(key(job, ours))?.map((result) => result.seconds);
    for (const side of taking) {
      const list = results.get(key(job, side));
      if (list === undefined) continue;
      const seconds = median(list.map((result) => result.seconds));
      const cpuSeconds = median(list.map((result) => result.cpuSeconds));
      const peakMegabytes = Math.max(...list.map((result) => result.peakMegabytes));
      const ratio = oursSeconds === undefined ? undefined : median(oursSeconds) / seconds;
      rows.push({ job, side: side.name, seconds, cpuSeconds, peakMegabytes, ratio, runs: list });
      console.log(
        `${job.padEnd(10)} ${side.name.padEnd(14)} ${seconds.toFixed(2).padStart(8)} ` +
          `${cpuSeconds.toFixed(1).padStart(6)} ${peakMegabytes.toFixed(0).padStart(8)}  ` +
          `${ratio === undefined ? "" : ratio.toFixed(2)}${describeServer(list)}`,
      );
    }
  }
  const file: string = options.json ??
    `bench-results/${new Date().toISOString().replaceAll(":", "")}.json`;
  if (file.includes("/")) await Deno.mkdir(file.replace(/\/[^/]*$/, ""), { recursive: true });
  await Deno.writeTextFile(
    file,
    JSON.stringify({ tree: options.tree, entries, bytes, cache: options.cache, rows }, null, 2) +
      "\n",
  );
  console.error(`figures in ${file}`);
}

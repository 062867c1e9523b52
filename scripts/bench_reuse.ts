// deno-lint-ignore-file no-console
// Compares the official rules of change detection with ours, and prints the tables of
// docs/change-detection.md:
// 1. A tree of which every hundredth file has changed (a copy of DIR is made and backed up).
// 2. What 100 runs that change 1 % of small files each do to a payload stream (simulated).
// Usage: deno run -A scripts/bench_reuse.ts [--tree DIR] [--work DIR] [--runs N]
import { parseArgs } from "@std/cli/parse-args";
import {
  type BackupRequest,
  newBackupProgress,
  type ReuseStatistics,
  runBackup,
} from "../lib/backup/mod.ts";
import { Datastore, LocalRepository } from "../lib/datastore/mod.ts";
import type { ChunkIndex } from "../lib/index/mod.ts";
import {
  CheapestReuse,
  type PayloadRange,
  ReferenceReuse,
  type ReusePlanner,
  type ReuseSink,
} from "../lib/reuse/mod.ts";
import { indexOfEnds } from "../tests/support/payload_recorder.ts";

const MIB = 1 << 20;
const HEADER = 16;
/** Chunks of payload streams end at the first file after so much (client-pipeline.md §3.11). */
const MIN_CHUNK = MIB;
const FILES = 20_000;
const LARGEST_FILE = 24 * 1024;
const SHOWN = [1, 2, 5, 10, 20, 50, 100];

const options = parseArgs(Deno.args, {
  string: ["tree", "work", "runs"],
  default: { tree: "/usr/share", work: "/var/tmp", runs: "100" },
});

type MakePlanner = NonNullable<BackupRequest["makePlanner"]>;
const RULES: readonly (readonly [string, MakePlanner])[] = [
  ["official", (index, sink) => new ReferenceReuse(index, sink)],
  ["here", (index, sink) => new CheapestReuse(index, sink)],
];

// The real tree.

async function shell(command: string): Promise<string> {
  const run = await new Deno.Command("bash", { args: ["-e", "-c", command] }).output();
  if (!run.success) throw new Error(new TextDecoder().decode(run.stderr));
  return new TextDecoder().decode(run.stdout).trim();
}

/** What a run with every hundredth file changed sends and pads. */
async function changeTree(work: string, makePlanner: MakePlanner) {
  const tree = `${work}/tree`;
  await shell(`rm -rf ${work}/*; cp -a '${options.tree}' ${tree}`);
  await using repository = new LocalRepository(
    Datastore.create(`${work}/store`, { chunkFoldersOnDemand: true, syncLevel: "none" }),
  );
  const backUp = async (time: number, changeDetectionMode: "data" | "metadata") => {
    let found: ReuseStatistics | undefined;
    const report = await runBackup({
      repository,
      namespace: "",
      snapshot: { type: "host", id: "bench", time },
      archives: [{ name: "tree.pxar", kind: "pxar", path: new TextEncoder().encode(tree) }],
      excludes: [],
      skipLostAndFound: false,
      allFileSystems: false,
      includeDevices: [],
      entriesMax: 10_000_000,
      chunkSizeBytes: 4 * MIB,
      dryRun: false,
      noCache: false,
      skipE2bigXattr: true,
      signal: new AbortController().signal,
      changeDetectionMode,
      makePlanner,
    }, {
      log: () => {},
      progress: newBackupProgress(),
      changesDetected: (statistics) => found = statistics,
    });
    const payload = report.archives.find(({ name }) => name.endsWith(".ppxar.didx"))!;
    return { payload, found };
  };
  await backUp(1_700_000_000, "data");
  const changed = await shell(
    `cd ${tree}; find . -type f -size +0 | LC_ALL=C sort | awk 'NR % 100 == 0' | tee ../changed |
     while IFS= read -r file; do printf x >> "$file"; touch -d @1600000000 "$file"; done; wc -l < ../changed`,
  );
  const { payload, found } = await backUp(1_700_000_100, "metadata");
  return { changed: Number(changed), payload, found: found! };
}

async function compareOnTree(): Promise<void> {
  const work = await Deno.makeTempDir({ dir: options.work, prefix: "pbs-client-bench-" });
  try {
    const files = await shell(`find '${options.tree}' -xdev -type f | wc -l`);
    const bytes = Number(await shell(`du -sxb '${options.tree}' | cut -f1`));
    console.log(`${options.tree}: ${files} files, ${(bytes / MIB).toFixed(0)} MiB\n`);
    console.log("| rules    | read again | sent      | padding |");
    console.log("| -------- | ---------- | --------- | ------- |");
    let official: number | undefined;
    for (const [name, makePlanner] of RULES) {
      const { payload, found } = await changeTree(work, makePlanner);
      official ??= payload.newBytes;
      const padding = found.injectedBytes - found.reusedBytes;
      console.log(
        `| ${name.padEnd(8)} | ${(found.encodedBytes / MIB).toFixed(0)} MiB | ` +
          `${(payload.newBytes / MIB).toFixed(0)} MiB, ${
            (payload.newBytes / official).toFixed(2)
          } | ` +
          `${(100 * padding / payload.sizeBytes).toFixed(1)} % |`,
      );
    }
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

// The simulation.

/** A generator that gives the same numbers every time (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = state + 0x6d2b79f5 | 0;
    let t = Math.imul(state ^ state >>> 15, 1 | state);
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t;
    return ((t ^ t >>> 14) >>> 0) / 2 ** 32;
  };
}

/** A payload stream as it is written: where files lie, and where it is cut. */
class Stream implements ReuseSink<number> {
  readonly places = new Map<number, PayloadRange>();
  readonly ends: number[] = [];
  written = 0;
  #position = HEADER;

  constructor(readonly sizes: readonly number[], readonly previous: ChunkIndex | undefined) {}

  pass(): void {}

  encode(file: number): void {
    if (this.#position - (this.ends.at(-1) ?? 0) >= MIN_CHUNK) this.ends.push(this.#position);
    const start = this.#position;
    this.#position += HEADER + this.sizes[file]!;
    this.written += HEADER + this.sizes[file]!;
    this.places.set(file, { start, end: this.#position });
  }

  refer(file: number, ahead: number): void {
    const start = this.#position + ahead;
    this.places.set(file, { start, end: start + HEADER + this.sizes[file]! });
  }

  inject(first: number, end: number): void {
    if (this.#position > (this.ends.at(-1) ?? 0)) this.ends.push(this.#position);
    for (let chunk = first; chunk < end; chunk++) {
      this.#position += this.previous!.endOf(chunk) - this.previous!.startOf(chunk);
      this.ends.push(this.#position);
    }
  }

  finish(): void {
    this.#position += HEADER;
    this.ends.push(this.#position);
  }
}

function simulate(
  makePlanner: <T>(index: ChunkIndex, sink: ReuseSink<T>) => ReusePlanner<T>,
  runs: number,
): string[] {
  const random = generator(1);
  const sizes = Array.from({ length: FILES }, () => 1 + Math.floor(random() * LARGEST_FILE));
  let last = new Stream(sizes, undefined);
  for (let file = 0; file < FILES; file++) last.encode(file);
  last.finish();
  const cells: string[] = [];
  for (let run = 1; run <= runs; run++) {
    const changed = new Set<number>();
    while (changed.size < FILES / 100) changed.add(Math.floor(random() * FILES));
    const index = indexOfEnds(last.ends);
    const stream = new Stream(sizes, index);
    const planner = makePlanner(index, stream);
    for (let file = 0; file < FILES; file++) {
      if (!changed.has(file)) planner.unchanged(file, last.places.get(file)!);
      else {
        planner.interrupt();
        stream.encode(file);
      }
    }
    planner.interrupt();
    stream.finish();
    last = stream;
    if (!SHOWN.includes(run)) continue;
    const contents = sizes.reduce((sum, size) => sum + size + HEADER, 0);
    const sent = (100 * stream.written / contents).toFixed(0);
    cells.push(`${sent} %, ${(stream.ends.at(-1)! / contents).toFixed(2)}`);
  }
  return cells;
}

const runs = Number(options.runs);
await compareOnTree();
console.log(
  `\n${FILES} files of 1 to ${LARGEST_FILE} bytes, 1 % changed in each run: sent, length of the stream\n`,
);
console.log(`| run | ${SHOWN.filter((run) => run <= runs).join(" | ")} |`);
for (const [name, makePlanner] of RULES) {
  console.log(`| ${name} | ${simulate(makePlanner, runs).join(" | ")} |`);
}

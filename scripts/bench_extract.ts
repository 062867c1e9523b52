// deno-lint-ignore-file no-console
// Measures how fast the extractor makes a tree like another one, against `cp -a` of that one.
//
//   deno run -A scripts/bench_extract.ts [--source /usr] [--target /dev/shm] [--threads N]
//     [--rounds 3] [--no-cp]
//
// Names, sizes, modes, owners and times are those of the source; contents come from chunks in native
// memory, so that neither fetching nor decoding is part of what is measured.

import process from "node:process";
import { parseArgs } from "node:util";
import { TreeExtractor } from "../lib/fs/tree_extractor.ts";
import type { EntryMetadata } from "../lib/pxar/mod.ts";

const CHUNK_SIZE = 4 << 20;
const CHUNKS = 16;

interface Node {
  readonly name: Uint8Array;
  readonly metadata: EntryMetadata;
  readonly size: number;
  readonly link?: Uint8Array;
  readonly children?: Node[];
}

const { values: args } = parseArgs({
  options: {
    "source": { type: "string", default: "/usr" },
    "target": { type: "string", default: "/dev/shm" },
    "threads": { type: "string" },
    "rounds": { type: "string", default: "3" },
    "no-cp": { type: "boolean", default: false },
  },
});
const withCopy = !args["no-cp"];
const encoder = new TextEncoder();

function read(path: string, name: string): Node | undefined {
  const stat = Deno.lstatSync(path);
  const ms = stat.mtime?.getTime() ?? 0;
  const metadata: EntryMetadata = {
    mode: stat.mode ?? 0o100644,
    uid: stat.uid ?? 0,
    gid: stat.gid ?? 0,
    mtimeSecs: Math.floor(ms / 1000),
    mtimeNanos: (ms % 1000) * 1_000_000,
    flags: 0,
  };
  const node = { name: encoder.encode(name), metadata, size: stat.size };
  if (stat.isSymlink) return { ...node, link: encoder.encode(Deno.readLinkSync(path)) };
  if (stat.isFile) return node;
  if (!stat.isDirectory) return undefined;
  const children: Node[] = [];
  const names = Array.from(Deno.readDirSync(path), (entry) => entry.name).sort();
  for (const child of names) {
    const found = read(`${path}/${child}`, child);
    if (found) children.push(found);
  }
  return { ...node, children };
}

const memory = new Uint8Array(CHUNK_SIZE * CHUNKS);
for (let at = 0; at < memory.length; at += 65536) {
  crypto.getRandomValues(memory.subarray(at, at + 65536));
}
const base = Deno.UnsafePointer.value(Deno.UnsafePointer.of(memory));

class Run {
  readonly #extractor: TreeExtractor;
  readonly #free = Array.from({ length: CHUNKS }, (_, index) => index);
  #chunk = 0;
  #at = CHUNK_SIZE;
  #started = false;
  /** Milliseconds between the awaits: what packing commands costs. */
  busyMs = 0;
  entries = 0;

  constructor(extractor: TreeExtractor) {
    this.#extractor = extractor;
  }

  async directory(node: Node): Promise<void> {
    for (const child of node.children ?? []) {
      this.entries++;
      if (child.children) {
        this.#extractor.enterDirectory(child.name, child.metadata);
        await this.directory(child);
        this.#extractor.leaveDirectory();
      } else if (child.link) {
        this.#extractor.symlink(child.name, child.metadata, child.link);
      } else {
        this.#extractor.beginFile(child.name, child.metadata, child.size);
        let left = child.size;
        while (left > 0) {
          if (this.#at === CHUNK_SIZE) await this.nextChunk();
          const length = Math.min(left, CHUNK_SIZE - this.#at);
          this.#extractor.data(this.#at, length);
          this.#at += length;
          left -= length;
        }
        this.#extractor.endFile();
      }
    }
  }

  async nextChunk(): Promise<void> {
    if (this.#started) await this.#extractor.submit(this.#chunk);
    this.#started = true;
    this.#free.push(...this.#extractor.takeFinishedTokens());
    while (this.#free.length === 0) this.#free.push(...await this.#extractor.finishedTokens());
    this.#chunk = this.#free.shift()!;
    this.#extractor.useChunk(base + BigInt(this.#chunk * CHUNK_SIZE), CHUNK_SIZE);
    this.#at = 0;
  }
}

async function command(name: string, ...list: string[]): Promise<void> {
  const { success } = await new Deno.Command(name, { args: list }).output();
  if (!success) throw new Error(`${name} ${list.join(" ")} failed`);
}

const seconds = (since: number) => (performance.now() - since) / 1000;
const tree = read(args.source, "")!;
const copies: number[] = [];
const ours: number[] = [];
const processor: number[] = [];
for (let round = 0; round < Number(args.rounds); round++) {
  const target = `${args.target}/bench-extract`;
  if (withCopy) {
    await command("sync");
    const start = performance.now();
    await command("cp", "-a", "--no-preserve=links", "--", args.source, `${target}-cp`);
    copies.push(seconds(start));
    await command("rm", "-rf", `${target}-cp`);
  }
  // What was written before is not to be waited for within what is measured.
  await command("sync");
  const start = performance.now();
  const before = process.cpuUsage();
  {
    const options = args.threads ? { threads: Number(args.threads) } : {};
    await using extractor = TreeExtractor.open(target, options);
    extractor.root(tree.metadata);
    const run = new Run(extractor);
    await run.directory(tree);
    const report = await extractor.finish();
    ours.push(seconds(start));
    const { user, system } = process.cpuUsage(before);
    processor.push((user + system) / 1e6);
    if (round === 0) console.log(`${run.entries} entries, ${report.bytes} bytes`);
  }
  await command("rm", "-rf", target);
}
const best = (list: number[]) => Math.min(...list);
console.log(`extractor: ${ours.map((s) => s.toFixed(2)).join(" ")} s`);
console.log(`processor: ${processor.map((s) => s.toFixed(2)).join(" ")} s`);
if (withCopy) {
  console.log(`cp -a:     ${copies.map((s) => s.toFixed(2)).join(" ")} s`);
  console.log(`ratio of the best: ${(best(ours) / best(copies)).toFixed(3)}`);
}

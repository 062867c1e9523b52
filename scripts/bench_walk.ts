// deno-lint-ignore-file no-console
// Microseconds per entry of reading a tree's metadata: the native core alone, and walkTree with a
// visitor that only closes files. Usage: deno run -A scripts/bench_walk.ts [DIR] [EXCLUDE...]
import process from "node:process";
import { closeBatch, closeCaptured, openCaptureRoot, TreeCapture } from "../ffi/capture.ts";
import { CaptureEntryWord, CaptureFeature, CaptureKind } from "../ffi/native_layout.ts";
import { MatchEntry, type TreeVisitor, walkTree } from "../lib/fs/mod.ts";

const [directory = "/usr", ...patterns] = Deno.args;
const ROUNDS = 5;
const ALL = Object.values(CaptureFeature).reduce((bits, bit) => bits | bit, 0);

async function nativeOnly(): Promise<number> {
  const fd = openCaptureRoot(new TextEncoder().encode(directory), true);
  if (fd < 0) throw new Error(`cannot open ${directory}`);
  const capture = new TreeCapture(fd, ALL & ~CaptureFeature.FatAttributes);
  let entries = 0;
  for (let complete = false; !complete;) {
    const batch = await capture.next(256);
    for (let at = 0; at < batch.words.length; at += batch.words[at]! >>> 2) {
      if (batch.words[at + CaptureEntryWord.kind] === CaptureKind.Entry) entries++;
    }
    closeBatch(batch);
    complete = batch.state === "complete";
    if (batch.state === "paused") capture.resume(false, 0);
  }
  await capture.close();
  return entries;
}

const visitor: TreeVisitor = {
  full: false,
  drain: () => Promise.resolve(),
  enterRoot() {},
  leaveRoot() {},
  enterDirectory() {},
  leaveDirectory() {},
  file({ fd }) {
    if (fd >= 0) closeCaptured(fd);
  },
  hardlink() {},
  symlink() {},
  device() {},
  fifo() {},
  socket() {},
};

async function walk(): Promise<number> {
  const excludes = patterns.map((text) => new MatchEntry(new TextEncoder().encode(text)));
  return (await walkTree({ source: directory, excludes }, visitor)).entries;
}

for (const [name, run] of [["native", nativeOnly], ["walkTree", walk]] as const) {
  await run();
  for (let round = 0; round < ROUNDS; round++) {
    const cpu = process.cpuUsage();
    const start = performance.now();
    const entries = await run();
    const elapsed = (performance.now() - start) * 1000;
    const used = process.cpuUsage(cpu);
    console.log(
      `${name}: ${entries} entries, ${(elapsed / entries).toFixed(2)} µs each, ` +
        `${((used.user + used.system) / entries).toFixed(2)} µs of processor time`,
    );
  }
}

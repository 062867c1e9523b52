// Run by tests in a process of its own, because it counts the process's descriptors and threads.
// Prints what it found as JSON.
//
//   abort TARGET          aborts in the middle, 20 times
//   deep TARGET LEVELS    restores a chain of directories
//   descriptors TARGET    restores with no descriptor left (run under a low limit)
import { openFilesAt } from "./open_files.ts";
import { S_IFDIR } from "../../lib/pxar/mod.ts";
import { TreeExtractor } from "../../lib/fs/mod.ts";
import { addFile, bytes, DIRECTORY, FILE, metadata } from "./extract_fixture.ts";

function countDescriptors(): number {
  return Array.from(Deno.readDirSync("/proc/self/fd")).length;
}

/** Without sockets and files elsewhere, of which the runtime opens some when it comes to it. */
function countOwnDescriptors(target: string): number {
  return openFilesAt("").filter((path) =>
    path.startsWith(target) || /^(pipe|anon_inode):/.test(path)
  )
    .length;
}

function countExtractThreads(): number {
  return Array.from(Deno.readDirSync("/proc/self/task")).filter(({ name }) => {
    try {
      return Deno.readTextFileSync(`/proc/self/task/${name}/comm`).trim() === "pbs-extract";
    } catch {
      return false;
    }
  }).length;
}

async function abort(target: string): Promise<unknown> {
  const content = new Uint8Array(4 << 20).fill(7);
  const chunk = Deno.UnsafePointer.of(content);
  // What is opened once and stays.
  await TreeExtractor.open(target, {}).abort();
  const before = countOwnDescriptors(target);
  let threads = 0;
  for (let round = 0; round < 20; round++) {
    const extractor = TreeExtractor.open(`${target}/${round}`, {});
    extractor.useChunk(chunk, content.length);
    for (let i = 0; i < 50; i++) {
      extractor.enterDirectory(bytes(`d${i}`), DIRECTORY);
      extractor.beginFile(bytes("file"), FILE, content.length);
      extractor.data(0, content.length);
      extractor.endFile();
    }
    extractor.beginFile(bytes("half"), FILE, content.length * 2);
    extractor.data(0, content.length);
    const submitted = extractor.submit(1);
    const waiting = extractor.finishedTokens();
    const settled = Promise.allSettled([submitted, waiting]);
    if (round % 2) await submitted;
    threads = Math.max(threads, countExtractThreads());
    await extractor.abort();
    await settled;
    await extractor.abort();
  }
  // The kernel lists a thread for a moment after it was joined.
  for (let i = 0; i < 500 && countExtractThreads() > 0; i++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return { threads, left: countExtractThreads(), leaked: countOwnDescriptors(target) - before };
}

async function deep(target: string, levels: number): Promise<unknown> {
  let most = 0;
  await using extractor = TreeExtractor.open(target, {});
  for (let i = 0; i < levels; i++) {
    addFile(extractor, "before", `${i}`);
    extractor.enterDirectory(bytes("d"), metadata(S_IFDIR | 0o750, { mtimeSecs: i }));
    if (i % 100 === 0) await extractor.submit(i);
    most = Math.max(most, countDescriptors());
  }
  for (let i = levels; i > 0; i--) {
    extractor.leaveDirectory();
    addFile(extractor, "after", `${i}`);
    if (i % 100 === 0) await extractor.submit(i);
    most = Math.max(most, countDescriptors());
    // Down again in the middle.
    if (i === levels / 2) {
      extractor.enterDirectory(bytes("side"), metadata(S_IFDIR | 0o700));
      addFile(extractor, "file", "side");
      extractor.leaveDirectory();
    }
  }
  const { directories, files } = await extractor.finish();
  return { most, directories, files };
}

async function descriptors(target: string): Promise<unknown> {
  await using extractor = TreeExtractor.open(target, { errorPolicy: "collect" });
  const held: Deno.FsFile[] = [];
  try {
    for (;;) held.push(Deno.openSync("/dev/null"));
  } catch {
    // As many as there can be.
  }
  addFile(extractor, "file", "x");
  await extractor.submit(1);
  while ((await extractor.finishedTokens()).length === 0);
  for (const file of held) file.close();
  addFile(extractor, "later", "x");
  const { errors, files } = await extractor.finish();
  return { files, errors: errors.map(({ errno, message }) => ({ errno, message })) };
}

const [what, target = "", levels = "0"] = Deno.args;
const found = what === "abort"
  ? await abort(target)
  : what === "deep"
  ? await deep(target, Number(levels))
  : await descriptors(target);
// deno-lint-ignore no-console
console.log(JSON.stringify(found));

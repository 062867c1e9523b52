// deno-lint-ignore-file no-console
// Runs all tests, the soak and the native tests under valgrind as processes beside each other. Its
// arguments: a folder for logs, and `--without-peers`. Writes `PASSED FAILED IGNORED` to the file
// `counts` in the folder once everything has run; what failed is shown once more at the end.

import { type Job, type JobEnd, runJobs } from "./lanes/run_jobs.ts";
import { testJobs, type TestTree } from "./lanes/test_jobs.ts";

/** Jobs wait now and then; more of them than processors keep these busy. */
const LANES = navigator.hardwareConcurrency + 1;

const [folder = "", ...options] = Deno.args;
const root = new URL("../", import.meta.url);

function readTree(): TestTree {
  const testFiles: string[] = [];
  const testFolders: string[] = [];
  const walk = (path: string) => {
    const entries = [...Deno.readDirSync(new URL(path, root))];
    if (entries.some(({ name }) => name.endsWith(".ts"))) testFolders.push(path);
    for (const { name, isDirectory } of entries) {
      if (isDirectory) walk(`${path}/${name}`);
      else if (name.endsWith("_test.ts")) testFiles.push(`${path}/${name}`);
    }
  };
  walk("tests");
  const rooms = [...Deno.readDirSync(new URL("lib", root))].map(({ name }) => `lib/${name}`);
  return { testFiles, testFolders, rooms: rooms.toSorted() };
}

/** The native tests on a processor without AVX-512 and without instructions for SHA. */
async function valgrindJob(): Promise<Job> {
  const { stdout } = await new Deno.Command("rustc", { args: ["-vV"] }).output();
  const host = /^host: (.*)$/m.exec(new TextDecoder().decode(stdout))![1]!;
  const runner = `CARGO_TARGET_${host.toUpperCase().replaceAll("-", "_")}_RUNNER`;
  return {
    name: "native tests under valgrind",
    command: [
      ...["cargo", "test", "--manifest-path", "native/Cargo.toml", "--workspace"] as const,
      ...["--release", "--locked", "--quiet", "--lib"],
      // Valgrind does not know the system call that this one is about.
      ...["--", "--skip", "symbolic_links_lead_nowhere_outside_of_a_root"],
    ],
    env: { [runner]: "valgrind -q --error-exitcode=9 --leak-check=no --fair-sched=yes" },
  };
}

/** The same one in every run, like those of property tests: other seeds are tried by hand. */
const SOAK_SEED = "1945";
const soak: Job = {
  name: "soak",
  command: ["scripts/soak", "--minutes", "5", SOAK_SEED],
  isCheck: true,
};

/** What a job has printed, from its first failure on. */
function failuresOf({ output }: JobEnd): string {
  const start = /^(?: ERRORS |failures:)$/m.exec(output)?.index ??
    Math.max(0, output.length - 4000);
  return output.slice(start).trimEnd();
}

const jobs = [
  soak,
  ...testJobs(Deno.execPath(), readTree()),
  ...options.includes("--without-peers") ? [] : [await valgrindJob()],
];
const ends: JobEnd[] = [];
await runJobs(jobs, LANES, folder, (end) => {
  ends.push(end);
  const seconds = `${Math.round(end.seconds)} s, ${
    Math.round(end.processorSeconds)
  } s of processors`;
  console.log(`\n=== ${end.name} (${ends.length} of ${jobs.length}, ${seconds})`);
  console.log(end.output.trim());
  if (end.problem !== undefined) console.log(`FAILED: ${end.problem}`);
});
const failed = ends.filter((end) => end.failed > 0);
for (const end of failed) {
  console.log(`\n=== what failed of ${end.name}`);
  if (end.problem !== undefined) console.log(`FAILED: ${end.problem}`);
  console.log(failuresOf(end));
}
const sum = (part: (end: JobEnd) => number) => ends.reduce((all, end) => all + part(end), 0);
console.log(`\nprocessors: ${Math.round(sum(({ processorSeconds }) => processorSeconds))} s`);
const counts = [
  sum(({ passed }) => passed),
  sum((end) => end.failed),
  sum(({ ignored }) => ignored),
];
await Deno.writeTextFile(`${folder}/counts`, `${counts.join(" ")}\n`);

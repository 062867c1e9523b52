import { assertEquals } from "@std/assert";
import { ABSENT_COMMANDS, COMMANDS } from "../cli/command_table.ts";
import type { SnapshotFile } from "../lib/repository/mod.ts";
import { parseGroupPath, parseSnapshotPath } from "../lib/repository/mod.ts";
import { fakeRepository, type InProcessRun, runInProcess } from "./cli_in_process.ts";
import { Scratch } from "./cli_scratch.ts";
import { RECORDED_RUNS, type RecordedRun } from "./cli_vectors.ts";

/** Recorded completions that we end differently on purpose; docs/commands.md says why. */
const KEPT_DIFFERENCES: Readonly<Record<string, string>> = {
  "comp-owner": "does not ask for the users",
};

const all = RECORDED_RUNS.filter(({ argv }) => argv[0] === "bashcomplete");

/** Commands that we do not have, and the place of the recorded tree, cannot be completed. */
const runs = all.filter(({ name, env }) =>
  name !== "comp-target" &&
  !ABSENT_COMMANDS.some((command) => env.COMP_LINE?.includes(`client ${command} `))
);

function recordedLines(name: string): string[] {
  return all.find((run) => run.name === name)!.stdout.trimEnd().split("\n");
}

const archives = recordedLines("comp-arch").map((name): SnapshotFile => ({
  filename: /pxar|pcat1/.test(name)
    ? `${name}.didx`
    : name.endsWith(".img")
    ? `${name}.fidx`
    : `${name}.blob`,
}));

/** What the recorded server held, as far as completions show it. */
const repository = fakeRepository({
  listGroups: () =>
    Promise.resolve(
      recordedLines("comp-group").map((path) => ({
        ...parseGroupPath(path),
        backupCount: 1,
        lastBackup: 0,
        files: [],
      })),
    ),
  listSnapshots: () =>
    Promise.resolve(
      recordedLines("comp-snapshot").map((path) => ({
        ...parseSnapshotPath(path),
        files: [],
        protected: false,
      })),
    ),
  listFiles: () => Promise.resolve(archives),
  listNamespaces: (parent) =>
    Promise.resolve((parent === "" ? ["", "w", "x2", "z"] : [parent]).map((namespace) => ({
      namespace,
    }))),
});

const OURS = COMMANDS.filter(({ isOurs }) => isOurs).map(({ name }) => name.split(" ")[0]!)
  .concat(["--init", "--retry"]);
const OFFICIAL_ONLY = ABSENT_COMMANDS.map((name) => name.split(" ")[0]!)
  .filter((word) => !COMMANDS.some(({ name }) => name.split(" ")[0] === word));

/** Candidates as a set, without what only one of the two programs has. */
function candidates(text: string, run: RecordedRun): string[] {
  const lines = text === "" ? [] : text.replace(/\n$/, "").split("\n");
  const isOfBackup = run.env.COMP_LINE?.includes("client backup -") ?? false;
  return lines.filter((line) => !OURS.includes(line) && !OFFICIAL_ONLY.includes(line))
    .filter((line) => !(isOfBackup && line === "--output-format")).toSorted();
}

async function replay(run: RecordedRun, scratch: Scratch): Promise<InProcessRun> {
  const env = Object.fromEntries(
    Object.entries(run.env).map(([name, value]) => [name, value && scratch.withPaths(value)]),
  );
  // Where a place stands for the recorded one the cursor is at the line's end.
  if (run.env.COMP_LINE?.includes("<")) env.COMP_POINT = "1000";
  const fails = run.env.XDG_RUNTIME_DIR !== undefined;
  return await runInProcess(run.argv, {
    PBS_REPOSITORY: "tank",
    XDG_CACHE_HOME: `${scratch.folder}/cache`,
    ...env,
  }, {
    open: () => fails ? Promise.reject(new Error("no password")) : Promise.resolve(repository),
  });
}

Deno.test("recorded completions of the official client are offered here", async (test) => {
  await using scratch = await Scratch.create();
  await Deno.mkdir(`${scratch.folder}/cache/proxmox-backup`, { recursive: true });
  await Deno.mkdir(`${scratch.folder}/work/keys`);
  await Deno.writeTextFile(
    `${scratch.folder}/cache/proxmox-backup/repo-list`,
    JSON.stringify(Object.fromEntries(recordedLines("comp-repo").map((name) => [name, 1]))),
  );
  const different: string[] = [];
  for (const run of runs) {
    const outcome = await replay(run, scratch);
    assertEquals([outcome.code, outcome.stderr], [0, ""], run.name);
    const actual = candidates(scratch.withPlaceholders(outcome.stdout), run);
    const expected = candidates(run.stdout, run);
    if (JSON.stringify(actual) === JSON.stringify(expected)) continue;
    different.push(run.name);
    if (!(run.name in KEPT_DIFFERENCES)) assertEquals(actual, expected, run.name);
  }
  assertEquals(different.toSorted(), Object.keys(KEPT_DIFFERENCES).toSorted());
  const agreeing = runs.length - different.length;
  await test.step(`${agreeing} of ${runs.length} agree, ${different.length} differ on purpose`, () => {});
});

Deno.test("a repository that asks or fails is silent, and is told not to ask", async () => {
  const asked: unknown[] = [];
  const run = await runInProcess(["bashcomplete"], {
    COMP_LINE: "pbs-client snapshot files host/",
    COMP_POINT: "31",
    PBS_REPOSITORY: "tank",
    PBS_LOG: "trace",
  }, {
    open: (_address, { mayAsk, output }) => {
      asked.push(mayAsk);
      output.log("error", "this must not be seen");
      return Promise.reject(new Error("unreachable"));
    },
  });
  assertEquals([run, asked], [{ code: 0, stdout: "", stderr: "" }, [false]]);
});

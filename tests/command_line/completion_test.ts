import { ourMembers } from "../../cli/arguments/find_command.ts";
import { assertEquals } from "@std/assert";
import { ABSENT_COMMANDS, COMMANDS, PBS_CLIENT } from "../../cli/command_table.ts";
import { answerShell } from "../../cli/completion/answer_shell.ts";
import { RepositoryUse } from "../../cli/repository/repository_use.ts";
import { Output } from "../../cli/output/output.ts";
import type { Repository, SnapshotFile } from "../../lib/repository/mod.ts";
import { parseGroupPath, parseSnapshotPath } from "../../lib/repository/mod.ts";
import {
  fakeRepository,
  type InProcessRun,
  MemoryStream,
  runInProcess,
} from "../support/cli_in_process.ts";
import { Scratch } from "../support/cli_scratch.ts";
import { RECORDED_RUNS, type RecordedRun } from "../support/cli_vectors.ts";

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

function archivesOf(run: string): SnapshotFile[] {
  return recordedLines(run).map((name): SnapshotFile => ({
    filename: /pxar|pcat1/.test(name)
      ? `${name}.didx`
      : name.endsWith(".img")
      ? `${name}.fidx`
      : `${name}.blob`,
  }));
}
const INDEX = { filename: "index.json.blob" };
const archives = archivesOf("comp-arch");

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
  listFiles: (_namespace, { id }) =>
    Promise.resolve(id === "h2" ? [...archivesOf("comp-arch-shell"), INDEX] : archives),
  listNamespaces: (parent) =>
    Promise.resolve((parent === "" ? ["", "w", "x2", "z"] : [parent]).map((namespace) => ({
      namespace,
    }))),
});

const TABLE = { commands: COMMANDS, absent: ABSENT_COMMANDS };
const OURS = ["", "snapshot"].flatMap((path) => [...ourMembers(TABLE, path)])
  .concat([
    "--init",
    "--file",
    "--format",
    "--in-place",
    "--delete",
    "--dry-run",
    "--verify-contents",
    "--stdin-filename",
    "--stdin-from-command",
    "--reread-every",
    "--exclude-caches",
    "--exclude-file",
    "--exclude-gitignore",
    "--exclude-if-present",
    "--exclude-larger-than",
    "--files-from",
    "--files-from0",
    "--one-file-system",
    "--snapshot",
    "--snapshot-size",
    "--retry",
    "--metrics-file",
    "--ignore-fcaps",
    "--ignore-flags",
    "--delete",
    "--in-place",
    "--verify-contents",
    "--warnings-exit",
    "--lock-wait",
    "--also-from",
    "--all",
    "--group",
    "--quiet",
    "--verbose",
    "--long",
    "--skip-if-unchanged",
    "--depth",
    "--match",
    "--reverse",
    "--since",
    "--sort",
    "--unencrypted",
    "--unprotected",
    "--until",
    "--unverified",
  ]);
const OFFICIAL_ONLY = ABSENT_COMMANDS.map((name) => name.split(" ")[0]!)
  .filter((word) => !COMMANDS.some(({ name }) => name.split(" ")[0] === word));

/** Candidates as a set, without what only one of the two programs has. */
function candidates(text: string, run: RecordedRun): string[] {
  const lines = text === "" ? [] : text.replace(/\n$/, "").split("\n");
  const isOfBackup = run.env.COMP_LINE?.includes("client backup -") ?? false;
  const isOfRestore = run.env.COMP_LINE?.includes("client restore ") ?? false;
  return lines.filter((line) => !OURS.includes(line) && !OFFICIAL_ONLY.includes(line))
    .filter((line) => !(isOfBackup && line === "--output-format"))
    .filter((line) => !(isOfRestore && line === "--dry-run")).toSorted();
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

/** The candidates of our own scripts' protocol for a line, from a repository. */
async function answers(line: string, members: Partial<Repository>): Promise<string[]> {
  const { code, stdout, stderr } = await runInProcess(["__complete"], {
    COMP_LINE: `pbs-client ${line}`,
    COMP_POINT: "1000",
    PBS_REPOSITORY: "tank",
    PBS_NAMESPACE: "site",
  }, { open: () => Promise.resolve(fakeRepository(members)) });
  assertEquals([code, stderr], [0, ""]);
  return stdout.split("\n").slice(2, -1);
}

Deno.test("our scripts are offered what is in the namespace that the command would use", async () => {
  const asked: string[] = [];
  const listGroups: Repository["listGroups"] = (namespace) => {
    asked.push(namespace);
    return Promise.resolve([]);
  };
  await answers("prune ", { listGroups });
  await answers("group forget --ns a/b ", { listGroups });
  await answers("restore ", { listGroups });
  await answers("restore --ns= ", { listGroups });
  await answers("restore --ns nonsense/../ ", { listGroups });
  assertEquals(asked, ["", "a/b", "site", ""]);
});

Deno.test("our scripts are offered snapshots of the group that is typed, with the first line of notes", async () => {
  const snapshot = { type: "host" as const, id: "a", time: 0, files: [], protected: false };
  const groups: unknown[] = [];
  const listSnapshots: Repository["listSnapshots"] = (_namespace, group) => {
    groups.push(group);
    return Promise.resolve([{ ...snapshot, comment: "one\tor\r\nmore" }]);
  };
  assertEquals(await answers("snapshot forget host/a/1", { listSnapshots }), [
    "host/a/1970-01-01T00:00:00Z\tone or ",
  ]);
  assertEquals(groups, [{ type: "host", id: "a" }]);
  assertEquals(await answers("snapshot forget no/group/1", { listSnapshots }), []);
});

Deno.test("a repository that does not answer in time is given up", async () => {
  const stdout = new MemoryStream();
  const environment = {
    get: (name: string) =>
      ({ COMP_LINE: "pbs-client prune ", COMP_POINT: "17", PBS_REPOSITORY: "tank" })[name],
  };
  const never = new Promise<never>(() => {});
  await answerShell({
    program: PBS_CLIENT,
    table: PBS_CLIENT.table,
    environment,
    output: new Output(environment, stdout, stdout),
    repositories: { open: () => never },
    use: new RepositoryUse(environment),
  }, 1);
  assertEquals(stdout.text, "words\n\n");
});

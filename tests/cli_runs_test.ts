import { assert, assertEquals } from "@std/assert";
import { COMMANDS } from "../cli/command_table.ts";
import { expandAlias, membersOf, selectMember } from "../cli/arguments/find_command.ts";
import { VERSION } from "../cli/version.ts";
import { NotFoundError } from "../lib/errors/mod.ts";
import {
  type BackupType,
  type GroupInfo,
  parseUpid,
  type PruneDecision,
  type Repository,
  type RepositoryTasks,
  type SnapshotFile,
  type SnapshotInfo,
  type TaskInfo,
} from "../lib/repository/mod.ts";
import {
  fakeRepository,
  fakeTasks,
  type InProcessRun,
  REACHED_REPOSITORY,
  runInProcess,
} from "./cli_in_process.ts";
import { RECORDED_REPOSITORY, Scratch } from "./cli_scratch.ts";
import {
  KEY_RUNS_PATTERN,
  RECORDED_ALIASES,
  RECORDED_COMMANDS,
  RECORDED_RUNS,
  type RecordedRun,
} from "./cli_vectors.ts";

/** What a record holds besides what it says. */
const BASE_ENVIRONMENT = {
  PBS_REPOSITORY: RECORDED_REPOSITORY,
  PBS_PASSWORD: "secret",
  LANG: "C.UTF-8",
  TZ: "UTC",
};

/** Recorded runs that we end differently on purpose; docs/commands.md says why. */
const KEPT_DIFFERENCES: Readonly<Record<string, string>> = {
  "cmd-none": "the list of commands is ours",
  "cmd-help-opt": "--help explains",
  "cmd-help-opt-short": "-h explains",
  "cmd-leaf-help-opt": "--help explains",
  "cmd-leaf-help-opt-short": "-h explains",
  "val-rate-32": "inf is no size",
  "val-rate-33": "nan is no size",
  "val-authid-02": "a realm of one character is refused, not replaced by root@pam",
  "val-authid-18": "a realm of 33 characters is refused, not replaced by root@pam",
  "status-json-pretty": "a directory has no backend type",
  "spec-dash": "wording of the advice",
  "spec-dash-img": "wording of the advice",
  "spec-chardev": "wording of the advice",
  "opt-exclude-trailing-backslash": "wording of the reason",
  "split-double-dash": "the word -- is dropped",
  "split-double-dash-after": "the word -- is dropped",
  "split-double-dash-then-option": "the word -- is dropped",
};

/** Runs that show the server's version or how the connection to it fails. */
const NEEDS_SERVER = new Set([
  "cmd-prefix-unique",
  "cmd-prefix-single-letter-v",
  "version-unreachable",
  "version-no-password",
  "version-wrong-password",
  "version-unreachable-json",
  "proxy-refused",
]);

function json<T>(name: string): T {
  return JSON.parse(RECORDED_RUNS.find((run) => run.name === name)!.stdout) as T;
}

interface RecordedGroup {
  "backup-type": BackupType;
  "backup-id": string;
  "backup-count": number;
  "last-backup": number;
  files: string[];
  owner?: string;
}

interface RecordedFile {
  filename: string;
  size?: number;
  "crypt-mode"?: "none" | "encrypt" | "sign-only";
}

interface RecordedSnapshot {
  "backup-type": BackupType;
  "backup-id": string;
  "backup-time": number;
  files: RecordedFile[];
  size?: number;
  owner?: string;
  comment?: string;
  protected: boolean;
  keep: boolean;
}

function toFile(file: RecordedFile): SnapshotFile {
  return {
    filename: file.filename,
    ...(file.size === undefined ? {} : { size: file.size }),
    ...(file["crypt-mode"] === undefined ? {} : { cryptMode: file["crypt-mode"] }),
  };
}

function groups(name: string): GroupInfo[] {
  return json<RecordedGroup[]>(name).map((group) => ({
    type: group["backup-type"],
    id: group["backup-id"],
    backupCount: group["backup-count"],
    lastBackup: group["last-backup"],
    files: group.files,
    ...(group.owner === undefined ? {} : { owner: group.owner }),
  }));
}

function snapshots(name: string): SnapshotInfo[] {
  return json<RecordedSnapshot[]>(name).map((snapshot) => ({
    type: snapshot["backup-type"],
    id: snapshot["backup-id"],
    time: snapshot["backup-time"],
    files: snapshot.files.map(toFile),
    protected: snapshot.protected,
    ...(snapshot.size === undefined ? {} : { size: snapshot.size }),
    ...(snapshot.owner === undefined ? {} : { owner: snapshot.owner }),
    ...(snapshot.comment === undefined ? {} : { comment: snapshot.comment }),
  }));
}

function decisions(name: string): PruneDecision[] {
  return json<RecordedSnapshot[]>(name).map(({ keep, protected: isProtected, ...snapshot }) => ({
    type: snapshot["backup-type"],
    id: snapshot["backup-id"],
    time: snapshot["backup-time"],
    keep,
    protected: isProtected,
    mark: keep ? "keep" : "remove",
  }));
}

/** The figures of a recorded status, from its text: they differ from run to run. */
function status(run: RecordedRun): { total: number; used: number; avail: number } {
  const figure = (name: string): number =>
    Number(new RegExp(`${name}["\\s│|:]+(\\d+)`).exec(run.stdout)![1]);
  return { total: figure("total"), used: figure("used"), avail: figure("avail") };
}

interface RecordedTask {
  upid: string;
  node: string;
  pid: number;
  pstart: number;
  starttime: number;
  worker_type: string;
  worker_id: string | null;
  user: string;
  endtime?: number;
  status?: string;
}

/** The tasks of the recorded list in JSON. */
function tasks(name: string): TaskInfo[] {
  return json<RecordedTask[]>(name).map((task) => ({
    upid: task.upid,
    node: task.node,
    pid: task.pid,
    pstart: task.pstart,
    startTime: task.starttime,
    workerType: task.worker_type,
    user: task.user,
    ...(task.worker_id === null ? {} : { workerId: task.worker_id }),
    ...(task.endtime === undefined ? {} : { endTime: task.endtime }),
    ...(task.status === undefined ? {} : { status: task.status }),
  }));
}

/** Tasks that were not recorded as JSON, from a table's rows. */
function tasksOfTable(run: RecordedRun): TaskInfo[] {
  const rows = run.stdout.split("\n").filter((line) => line.includes("UPID:"));
  return rows.map((row) => {
    const [start, end, upid, status] = row.split("│").slice(1).map((cell) => cell.trim());
    const { pid, pstart, workerType, workerId, authId: user } = parseUpid(upid!);
    return {
      ...{ upid: upid!, node: "localhost", pid, pstart, workerType, workerId, user },
      startTime: Date.parse(`${start} UTC`) / 1000,
      ...(end === "" ? {} : { endTime: Date.parse(`${end} UTC`) / 1000, status: status! }),
    };
  });
}

/** What the server of a run about tasks answered. */
function recordedTasks(run: RecordedRun): RepositoryTasks {
  const outcome = /task failed \(status (.*)\)/.exec(run.stderr!)?.[1] ?? "OK";
  return fakeTasks({
    list: ({ all, limit }) => {
      assertEquals(all, run.argv.includes("--all"));
      const isJson = run.stdout.startsWith("[");
      const found = isJson ? tasks(run.name) : tasksOfTable(run).toReversed();
      assert(found.length <= limit);
      return Promise.resolve(found);
    },
    follow: (_upid, log) => {
      if (run.name.endsWith("unknown")) {
        throw new NotFoundError("No such file or directory (os error 2)");
      }
      for (const line of run.stdout.trimEnd().split("\n")) log(line);
      return Promise.resolve(outcome);
    },
    stop: () => Promise.resolve(),
  });
}

/** Repositories as they were when the runs of a family were recorded. */
const FAMILIES: readonly { runs: RegExp; repository: (run: RecordedRun) => Partial<Repository> }[] =
  [
    {
      runs:
        /^(list-(text|json|json-pretty|ascii.*|lc-.*|c-utf8.*|no-header.*|no-border.*)|of-env-(json|bad|empty|opt-wins))$/,
      repository: () => ({ listGroups: () => Promise.resolve(groups("list-json")) }),
    },
    {
      runs:
        /^(cmd-group-prefix|cmd-alias-snapshots|empty-snaplist.*|prune-quiet-nothing.*|val-gs-srv-.*)$/,
      repository: () => ({
        listSnapshots: () => Promise.resolve([]),
        prune: () => Promise.resolve([]),
      }),
    },
    {
      runs: /^(snaplist-json-group|snaplist-no-border|of-env-bad-snapshot-list)$/,
      repository: () => ({
        listSnapshots: () => Promise.resolve(snapshots("snaplist-json-group")),
      }),
    },
    {
      runs: /^snapshot-list-unfinished$/,
      repository: () => ({
        listSnapshots: () =>
          Promise.resolve([
            { type: "host", id: "sg4", time: 1700000000, files: [], protected: false },
          ]),
      }),
    },
    {
      runs: /^(files-(text|json)|of-env-bad-files)$/,
      repository: () => ({
        listFiles: () => Promise.resolve(json<RecordedFile[]>("files-json").map(toFile)),
      }),
    },
    {
      runs: /^(status-(text|json-pretty|ascii|no-border|no-header)|of-env-bad-status)$/,
      repository: (run) => ({
        status: () => Promise.resolve(run.stdout === "" ? status(RECORDED_STATUS) : status(run)),
      }),
    },
    {
      runs:
        /^(prune-(dry|dry-json|dry-pretty|ascii|quiet|quiet-json)|of-env-bad-prune|prune-maxdepth)$/,
      repository: () => ({ prune: () => Promise.resolve(decisions("prune-dry-json")) }),
    },
    {
      runs: /^prune-ns-opt(-json)?-2$/,
      repository: () => ({ prune: () => Promise.resolve(decisions("prune-ns-opt-json-2")) }),
    },
    {
      runs: /^(notes-show(-json|-pretty)?|of-env-bad-notes-show)$/,
      repository: () => ({ readNotes: () => Promise.resolve("first line\nsecond ü") }),
    },
    {
      runs: /^notes-(show-empty|show-cleared)$/,
      repository: () => ({ readNotes: () => Promise.resolve("") }),
    },
    {
      runs: /^notes-update(-empty)?$/,
      repository: () => ({ writeNotes: () => Promise.resolve() }),
    },
    {
      runs: /^(protected-show|of-env-bad-protected-show)$/,
      repository: () => ({ isProtected: () => Promise.resolve(false) }),
    },
    {
      runs: /^protected-show-(true|json|pretty)$/,
      repository: () => ({ isProtected: () => Promise.resolve(true) }),
    },
    {
      runs: /^(tasks?-|of-env-bad-task-list$)/,
      repository: (run) => ({ tasks: recordedTasks(run) }),
    },
    {
      runs: /^protected-update(-false)?$/,
      repository: () => ({ setProtected: () => Promise.resolve() }),
    },
  ];
const RECORDED_STATUS = RECORDED_RUNS.find((run) => run.name === "status-text")!;

const OURS = new Set(COMMANDS.map(({ name }) => name));

const OFFICIAL_WORDS = membersOf(RECORDED_COMMANDS.map(({ command }) => command), "");

/** The command of a run, by the official client's names. */
function commandOf(argv: readonly string[]): string | undefined {
  const names = RECORDED_COMMANDS.map(({ command }) => command);
  let path = "";
  for (const { text } of expandAlias(RECORDED_ALIASES, argv.map((text) => ({ text })))) {
    const member = selectMember(membersOf(names, path), text);
    if (member === undefined) return undefined;
    path = path === "" ? member : `${path} ${member}`;
    if (names.includes(path)) return path;
  }
  return undefined;
}

/** What counts of an output: not the wording of usage texts, not the version, not masked blanks. */
function essence(text: string, scratch: Scratch): string {
  return scratch.withPlaceholders(text)
    .replace(/Usage:[^]*$/, "Usage: <USAGE>\n")
    .replaceAll("client version: 4.2.3", `client version: ${VERSION}`)
    .replace(/"release": "3",\s*"repoid": "<REPOID>",\s*"version": "4.2"/, "<CLIENT>")
    .replace(/"release": "\d+",\s*"repoid": "",\s*"version": "[\d.]+"/, "<CLIENT>")
    .replaceAll("<QR-CODE-LINES>", "")
    .replace(/ +$/gm, "");
}

/** What the repository of a run holds; undefined if the record does not tell. */
function membersFor(run: RecordedRun): Partial<Repository> | undefined {
  const family = FAMILIES.find(({ runs }) => runs.test(run.name));
  if (family !== undefined) return family.repository(run);
  if (run.exit_code !== 0 || !["", "[]\n"].includes(run.stdout)) return undefined;
  return { listGroups: () => Promise.resolve([]), listSnapshots: () => Promise.resolve([]) };
}

/** Replays a run; undefined if it depends on what the recorded server held. */
async function replay(
  run: RecordedRun,
  scratch: Scratch,
): Promise<InProcessRun | undefined> {
  const repository = fakeRepository(membersFor(run) ?? {});
  const newline = run.name.endsWith("newline") ? "\n" : "";
  await Deno.writeTextFile(
    `${scratch.folder}/work/cred/proxmox-backup-client.repository`,
    BASE_ENVIRONMENT.PBS_REPOSITORY + newline,
  );
  const environment = Object.entries({ ...BASE_ENVIRONMENT, ...run.env });
  const outcome = await runInProcess(
    run.argv.map((word) => scratch.withPaths(word)),
    Object.fromEntries(
      environment.map(([name, value]) => [name, value && scratch.withPaths(value)]),
    ),
    { open: () => Promise.resolve(repository) },
  );
  return outcome.stderr.includes(REACHED_REPOSITORY) ? undefined : outcome;
}

/** tests/cli_key_runs_test.ts replays these. */
const KEY_RUNS = new RegExp(KEY_RUNS_PATTERN);

/** Runs of commands that we have, off the terminal, that neither read nor write a snapshot. */
const candidates = RECORDED_RUNS.filter((run) =>
  !run.tty && run.stderr !== null && !KEY_RUNS.test(run.name) && !NEEDS_SERVER.has(run.name) &&
  !isSpecial(run) &&
  ![...run.argv, run.stdout, run.stderr].some((text) => text.includes("<CUT ")) &&
  !run.stderr.includes("Client name:") &&
  !(run.exit_code === 0 && ["backup", "restore"].includes(run.argv[0]!))
);

function isSpecial({ argv }: RecordedRun): boolean {
  if (["bashcomplete", "printdoc"].includes(argv[0] ?? "")) return true;
  const command = commandOf(argv);
  // tests/remote_cli_runs_test.ts replays these with a server.
  if (["login", "logout", "server-identity"].includes(command ?? "")) return true;
  if (command !== undefined) return !OURS.has(command);
  const group = argv[0] === undefined ? undefined : selectMember(OFFICIAL_WORDS, argv[0]);
  return group !== undefined && ![...OURS].some((name) => name.split(" ")[0] === group);
}

Deno.test("recorded runs of the official client end alike", async (test) => {
  await using scratch = await Scratch.create();
  const agreeing: string[] = [];
  const different: string[] = [];
  const crashes: string[] = [];
  for (const run of candidates) {
    const outcome = await replay(run, scratch);
    if (outcome === undefined) continue;
    if (run.exit_code === 101) {
      // The official client crashes here: ours says what is wrong.
      assertEquals([outcome.code, outcome.stderr.startsWith("Error: ")], [255, true], run.name);
      crashes.push(run.name);
      continue;
    }
    const actual = [
      outcome.code,
      essence(outcome.stdout, scratch),
      essence(outcome.stderr, scratch),
    ];
    const expected = [run.exit_code, essence(run.stdout, scratch), essence(run.stderr!, scratch)];
    if (JSON.stringify(actual) === JSON.stringify(expected)) agreeing.push(run.name);
    else {
      different.push(run.name);
      if (!(run.name in KEPT_DIFFERENCES)) {
        assertEquals(actual, expected, `run ${run.name}: ${run.argv.join(" ")}`);
      }
    }
  }
  // A difference that is gone must leave the list.
  assertEquals(different.toSorted(), Object.keys(KEPT_DIFFERENCES).toSorted());
  const replayed = agreeing.length + different.length;
  await test.step(`${agreeing.length} of ${replayed} agree, ${different.length} differ on purpose, ${crashes.length} crashes are errors here`, () => {});
});

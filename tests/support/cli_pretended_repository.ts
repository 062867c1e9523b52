import { assert, assertEquals } from "@std/assert";
import { NotFoundError } from "../../lib/errors/mod.ts";
import {
  type BackupType,
  type GroupInfo,
  parseUpid,
  type PruneDecision,
  type Repository,
  type RepositoryTasks,
  type SnapshotFile,
  type SnapshotInfo,
  type StorageStatus,
  type TaskInfo,
} from "../../lib/repository/mod.ts";
import { fakeTasks } from "./cli_in_process.ts";
import { RECORDED_RUNS, type RecordedRun } from "./cli_vectors.ts";

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
function status(run: RecordedRun): StorageStatus {
  const figure = (name: string): number =>
    Number(new RegExp(`${name}["\\s│|:]+(\\d+)`).exec(run.stdout)![1]);
  const backendType = /"backend-type": "(.*)"/.exec(run.stdout)?.[1];
  return {
    ...{ total: figure("total"), used: figure("used"), avail: figure("avail") },
    ...(backendType === undefined ? {} : { backendType }),
  };
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
      runs: /^(tasks?(-|$)|of-env-bad-task-list$)/,
      repository: (run) => ({ tasks: recordedTasks(run) }),
    },
    {
      runs: /^protected-update(-false)?$/,
      repository: () => ({ setProtected: () => Promise.resolve() }),
    },
  ];
const RECORDED_STATUS = RECORDED_RUNS.find((run) => run.name === "status-text")!;

/** What the repository of a run holds; undefined if the record does not tell. */
export function pretendedMembers(run: RecordedRun): Partial<Repository> | undefined {
  const family = FAMILIES.find(({ runs }) => runs.test(run.name));
  if (family !== undefined) return family.repository(run);
  if (run.exit_code !== 0 || !["", "[]\n"].includes(run.stdout)) return undefined;
  return { listGroups: () => Promise.resolve([]), listSnapshots: () => Promise.resolve([]) };
}

import type { ApiParameters } from "../rest/mod.ts";
import type {
  GroupMove,
  ListTasks,
  NamespaceMove,
  PruneRequest,
  RepositoryTasks,
  TaskInfo,
  TaskLog,
  TaskLogPart,
  VerifyRequest,
} from "../repository/mod.ts";
import { fetchTaskLog, requireUpid, stopTask, TaskFollower } from "./_follow_task.ts";
import {
  groupParameters,
  namespaceParameter,
  pruneParameters,
  verifyParameters,
} from "./_remote_parameters.ts";
import { listOf, taskInfo } from "./_remote_records.ts";
import type { RemoteSession } from "./_remote_session.ts";

/** The tasks of a server (spec: protocol.md §7.8, §9.3). */
export class RemoteTasks implements RepositoryTasks {
  readonly #session: RemoteSession;

  /** @param session Is closed by the repository. */
  constructor(session: RemoteSession) {
    this.#session = session;
  }

  /** See {@linkcode RepositoryTasks.list}. */
  async list({ all, limit, everybody = false }: ListTasks): Promise<TaskInfo[]> {
    const { authId, datastore } = this.#session.location;
    const answer = await this.#session.call("GET", "nodes/localhost/tasks", {
      running: !all,
      start: 0,
      limit,
      userfilter: everybody ? undefined : authId,
      store: datastore,
    });
    return listOf(answer, "list of tasks").map(taskInfo);
  }

  /** See {@linkcode RepositoryTasks.follow}. */
  async follow(upid: string, log: TaskLog, signal?: AbortSignal): Promise<string | undefined> {
    return await new TaskFollower(this.#session, upid, log).follow(signal);
  }

  /** See {@linkcode RepositoryTasks.readLog}. */
  async readLog(upid: string, from: number, limit: number): Promise<TaskLogPart> {
    return await fetchTaskLog(this.#session, upid, from, limit);
  }

  /** See {@linkcode RepositoryTasks.stop}. */
  async stop(upid: string): Promise<void> {
    await stopTask(this.#session, upid);
  }

  /** See {@linkcode RepositoryTasks.startGarbageCollection}. */
  async startGarbageCollection(): Promise<string> {
    return await this.#start("gc");
  }

  /** See {@linkcode RepositoryTasks.startVerification}. */
  async startVerification(request: VerifyRequest): Promise<string> {
    return await this.#start("verify", verifyParameters(request));
  }

  /** See {@linkcode RepositoryTasks.startPrune}. */
  async startPrune(request: PruneRequest): Promise<string> {
    return await this.#start("prune", { ...pruneParameters(request), "use-task": true });
  }

  /** See {@linkcode RepositoryTasks.startGroupMove}. */
  async startGroupMove({ group, from, to, merge }: GroupMove): Promise<string> {
    return await this.#start("move-group", {
      ...groupParameters(group),
      ...namespaceParameter(from),
      "target-ns": to,
      "merge-group": merge,
    });
  }

  /** See {@linkcode RepositoryTasks.startNamespaceMove}. */
  async startNamespaceMove(move: NamespaceMove): Promise<string> {
    return await this.#start("move-namespace", {
      ns: move.from,
      "target-ns": move.to,
      "max-depth": move.maxDepth,
      "delete-source": move.deleteSource,
      "merge-groups": move.mergeGroups,
    });
  }

  async #start(call: string, parameters: ApiParameters = {}): Promise<string> {
    const path = this.#session.datastorePath(call);
    return requireUpid(await this.#session.call("POST", path, parameters));
  }
}

import { describeError, PbsError, ServerError } from "../../errors/mod.ts";
import type { RemoteRepository } from "../../remote/mod.ts";
import { type Answer, NS, type ParameterValues, STORE } from "../api/mod.ts";
import { openRemote, REMOTE_NAME } from "../remotes/mod.ts";
import type { RestContext, RestRoute } from "../state/mod.ts";
import { onRemote } from "./remote_routes.ts";

const PATH = "config/remote/{name}/scan";

/** Calls that look at what a remote has. */
export const REMOTE_SCAN_ROUTES: readonly RestRoute[] = [
  {
    method: "GET",
    path: PATH,
    parameters: { "name": REMOTE_NAME },
    permission: onRemote("Remote.Audit"),
    handle: (context, values) => scan(context, values, listDatastores),
  },
  {
    method: "GET",
    path: `${PATH}/{store}/namespaces`,
    parameters: { "name": REMOTE_NAME, "store": STORE },
    permission: onRemote("Remote.Audit"),
    handle: (context, values) => scan(context, values, listNamespaces),
  },
  {
    method: "GET",
    path: `${PATH}/{store}/groups`,
    parameters: { "name": REMOTE_NAME, "store": STORE, "namespace": NS },
    permission: onRemote("Remote.Audit"),
    handle: (context, values) => scan(context, values, listGroups),
  },
];

/** @throws {ServerError} with 400 if the remote cannot be asked. */
async function scan(
  { state }: RestContext,
  values: ParameterValues,
  ask: (repository: RemoteRepository, values: ParameterValues) => Promise<unknown[]>,
): Promise<Answer> {
  const name = values.text("name");
  const remote = await state.jobs.remotes.find(name);
  try {
    await using repository = await openRemote(remote, values.text("store"));
    return { data: await ask(repository, values) };
  } catch (error) {
    if (!(error instanceof PbsError)) throw error;
    const reason = describeError(error).join(": ");
    throw new ServerError(400, `failed to scan remote '${name}' - ${reason}`, { cause: error });
  }
}

async function listDatastores(repository: RemoteRepository): Promise<unknown[]> {
  return await repository.listDatastores();
}

async function listNamespaces(repository: RemoteRepository): Promise<unknown[]> {
  const namespaces = await repository.listNamespaces("");
  return namespaces.map(({ namespace, comment }) => ({ ns: namespace, comment }));
}

async function listGroups(
  repository: RemoteRepository,
  values: ParameterValues,
): Promise<unknown[]> {
  const groups = await repository.listGroups(values.text("namespace"));
  return groups.map(({ type, id, backupCount, lastBackup, files, owner, comment }) => ({
    "backup-type": type,
    "backup-id": id,
    "backup-count": backupCount,
    "last-backup": lastBackup,
    files,
    owner,
    comment,
  }));
}

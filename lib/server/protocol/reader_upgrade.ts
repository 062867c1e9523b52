import {
  DatastoreSnapshot,
  DigestTable,
  isOwner,
  LocalSnapshotSource,
  readOwner,
} from "../../datastore/mod.ts";
import { NotFoundError, ServerError } from "../../errors/mod.ts";
import type { Duplex } from "../../duplex/mod.ts";
import type { UpgradeResponse } from "../../http/mod.ts";
import { type BackupType, formatGroupPath, formatSnapshotPath } from "../../repository/mod.ts";
import { namespaceAclPath } from "../access/mod.ts";
import { type ParameterValues, RouteTable } from "../api/mod.ts";
import type { RestContext, RestRoute } from "../state/mod.ts";
import type { Task } from "../tasks/mod.ts";
import { UPGRADE_PARAMETERS } from "./backup_upgrade.ts";
import { ConnectionDownloads } from "./connection_downloads.ts";
import { protocolHandler } from "./protocol_service.ts";
import { READER_ROUTES } from "./reader_routes.ts";
import { runUpgraded } from "./run_upgraded.ts";
import { requestName, requireUpgrade } from "./upgrade_checks.ts";

const PROTOCOL = "proxmox-backup-reader-protocol-v1";
const TABLE = new RouteTable(READER_ROUTES);

/** `GET reader`: opens a snapshot for reading (spec: protocol.md §4.3). */
export const READER_UPGRADE: RestRoute = {
  method: "GET",
  path: "reader",
  parameters: UPGRADE_PARAMETERS,
  rawBody: true,
  permission: "user",
  handle: upgrade,
};

async function upgrade(context: RestContext, values: ParameterValues): Promise<UpgradeResponse> {
  const source = await open(context, values);
  // Its lock, until the task has it.
  await using owned = new AsyncDisposableStack();
  owned.use(source);
  const { state, connection, authId } = context;
  const handedOver = Promise.withResolvers<Duplex | undefined>();
  connection.onEnd(() => handedOver.resolve(undefined));
  const time = source.snapshot.time.toString(16).toUpperCase().padStart(8, "0");
  const workerId = `${values.text("store")}:${formatGroupPath(source.snapshot)}/${time}`;
  const { ended } = state.tasks.start(
    { workerType: "reader", workerId, authId },
    (task) => runReader(task, context, values.text("store"), source, handedOver.promise),
  );
  owned.move();
  return {
    upgrade: PROTOCOL,
    handOver: async (duplex) => {
      handedOver.resolve(duplex);
      await ended;
    },
  };
}

/** The checks in the order of spec protocol.md §4.3. */
async function open(context: RestContext, values: ParameterValues): Promise<LocalSnapshotSource> {
  const { state, authId, request } = context;
  const [store, namespace] = [values.text("store"), values.text("ns")];
  const aclPath = namespaceAclPath(store, namespace);
  const { rules } = state.access;
  if (!rules.hasAny(authId, aclPath, ["Datastore.Read", "Datastore.Backup"])) {
    throw new ServerError(400, `no permissions on ${aclPath}`);
  }
  const { datastore } = state.datastore(store, "read");
  requireUpgrade(request, PROTOCOL);
  const snapshot = new DatastoreSnapshot(datastore, namespace, {
    type: values.text("backup-type") as BackupType,
    id: values.text("backup-id"),
    time: values.integer("backup-time"),
  });
  if (!rules.hasAny(authId, aclPath, ["Datastore.Read"])) {
    const owner = await readOwner(snapshot.group);
    if (owner === undefined || !isOwner(owner, authId)) {
      throw new ServerError(400, "backup owner check failed!");
    }
  }
  try {
    return await LocalSnapshotSource.open(snapshot);
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    throw new ServerError(400, `snapshot ${snapshot.path} does not exist.`);
  }
}

async function runReader(
  task: Task,
  { state, connection }: RestContext,
  store: string,
  source: LocalSnapshotSource,
  handedOver: Promise<Duplex | undefined>,
): Promise<void> {
  await using opened = source;
  const { log } = task;
  log(
    `starting new backup reader datastore '${store}' from ${connection.remoteAddress}: ` +
      `"${formatSnapshotPath(opened.snapshot)}"`,
  );
  const duplex = await handedOver;
  if (duplex === undefined) return;
  // However a reader goes is a good end: it has what it wanted.
  await runUpgraded(
    task,
    duplex,
    protocolHandler({
      session: {
        source,
        readable: new DigestTable(),
        downloads: new ConnectionDownloads(connection.answers),
        log,
      },
      answers: connection.answers,
      table: TABLE,
      unauthorized: () => state.delay(state.delays.unauthorizedMs),
      refused: (request, status, text) => log(`${requestName(request)}: ${status}: ${text}`),
    }),
    state.upgraded,
  );
  log("reader finished");
}

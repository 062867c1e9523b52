import {
  beginBackup,
  DatastoreSnapshot,
  DigestTable,
  type LocalBackupTarget,
  removeSnapshot,
} from "../../datastore/mod.ts";
import {
  CancelledError,
  ConnectionError,
  describeError,
  NotFoundError,
  PbsError,
  ServerError,
} from "../../errors/mod.ts";
import type { Duplex } from "../../duplex/mod.ts";
import type { UpgradeResponse } from "../../http/mod.ts";
import {
  type BackupSnapshot,
  type BackupType,
  checkSnapshotName,
  formatGroupPath,
  formatSnapshotPath,
} from "../../repository/mod.ts";
import { namespaceAclPath } from "../access/mod.ts";
import {
  BACKUP_ID,
  BACKUP_TIME,
  BOOLEAN,
  NS,
  optional,
  type ParameterValues,
  RouteTable,
  STORE,
} from "../api/mod.ts";
import {
  type OfferedDatastore,
  type RestContext,
  type RestRoute,
  startVerification,
} from "../state/mod.ts";
import type { Task } from "../tasks/mod.ts";
import { BACKUP_ROUTES } from "./backup_routes.ts";
import { ConnectionDownloads } from "./connection_downloads.ts";
import { ConnectionUploads } from "./connection_uploads.ts";
import { OpenWriters } from "./open_writers.ts";
import { protocolHandler } from "./protocol_service.ts";
import { runUpgraded } from "./run_upgraded.ts";
import { requestName, requireUpgrade } from "./upgrade_checks.ts";

const PROTOCOL = "proxmox-backup-protocol-v1";
const BENCHMARK_GROUP = "host/benchmark";
const TABLE = new RouteTable(BACKUP_ROUTES);

/** Backup types are an enumeration here, and looked at with everything else. */
export const UPGRADE_PARAMETERS = {
  "store": STORE,
  "ns": NS,
  "backup-type": { kind: "string", values: ["vm", "ct", "host"] },
  "backup-id": BACKUP_ID,
  "backup-time": BACKUP_TIME,
  "debug": optional(BOOLEAN),
} as const;

/** `GET backup`: begins a backup and turns the connection into its own (spec: protocol.md §4.2). */
export const BACKUP_UPGRADE: RestRoute = {
  method: "GET",
  path: "backup",
  parameters: {
    ...UPGRADE_PARAMETERS,
    "benchmark": optional(BOOLEAN),
    "no-cache": optional(BOOLEAN),
  },
  rawBody: true,
  permission: "user",
  handle: upgrade,
};

/** A backup that was begun. */
interface BegunBackup extends OfferedDatastore {
  readonly namespace: string;
  readonly snapshot: BackupSnapshot;
  readonly benchmark: boolean;
  readonly target: LocalBackupTarget;
}

async function upgrade(context: RestContext, values: ParameterValues): Promise<UpgradeResponse> {
  const begun = await begin(context, values);
  // Its locks and its folder, until the task has them.
  await using owned = new AsyncDisposableStack();
  owned.use(begun.target);
  const { state, connection, authId } = context;
  const handedOver = Promise.withResolvers<Duplex | undefined>();
  connection.onEnd(() => handedOver.resolve(undefined));
  const workerId = `${begun.config.name}:${formatGroupPath(begun.snapshot)}`;
  const workerType = begun.benchmark ? "benchmark" : "backup";
  const { ended } = state.tasks.start(
    { workerType, workerId, authId },
    (task) => runBackup(task, context, begun, handedOver.promise),
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

/** The checks in the order of spec protocol.md §4.2. */
async function begin(context: RestContext, values: ParameterValues): Promise<BegunBackup> {
  const { state, authId, request } = context;
  const [store, namespace] = [values.text("store"), values.text("ns")];
  const aclPath = namespaceAclPath(store, namespace);
  if (!state.access.rules.hasAny(authId, aclPath, ["Datastore.Backup"])) {
    throw new ServerError(403, `missing permissions 'Datastore.Backup' on '${aclPath}'`);
  }
  const offered = state.datastore(store, "write");
  requireUpgrade(request, PROTOCOL);
  const snapshot = {
    type: values.text("backup-type") as BackupType,
    id: values.text("backup-id"),
    time: values.integer("backup-time"),
  };
  const benchmark = values.boolean("benchmark");
  if (benchmark !== (formatGroupPath(snapshot) === BENCHMARK_GROUP)) {
    throw new ServerError(
      400,
      benchmark
        ? `a benchmark is only possible in group "${BENCHMARK_GROUP}"`
        : `group "${BENCHMARK_GROUP}" is for benchmarks only`,
    );
  }
  checkSnapshotName(snapshot);
  try {
    const target = await beginBackup(offered.datastore, {
      namespace,
      snapshot,
      owner: authId,
      checkOwner: !benchmark,
      inspectChunk: (chunk) => state.inspector.inspect(chunk),
      noCache: values.boolean("no-cache"),
    });
    return { ...offered, namespace, snapshot, benchmark, target };
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    throw new ServerError(404, error.message, { cause: error });
  }
}

async function runBackup(
  task: Task,
  context: RestContext,
  begun: BegunBackup,
  handedOver: Promise<Duplex | undefined>,
): Promise<void> {
  await using target = begun.target;
  const { snapshot, namespace, config, datastore, benchmark } = begun;
  const { state, connection, authId } = context;
  const path = formatSnapshotPath(snapshot);
  const { log } = task;
  const key = JSON.stringify([authId, config.name, namespace, formatGroupPath(snapshot)]);
  const received = state.interrupted.find(key) ?? new DigestTable();
  log(
    `starting new ${benchmark ? "benchmark" : "backup"} on datastore '${config.name}' from ` +
      `${connection.remoteAddress}: "${path}"`,
  );
  for (const warning of target.warnings) log(`WARN: ${warning}`, true);
  let reason: Error | undefined = new ConnectionError("connection ended before the upgrade");
  try {
    const duplex = await handedOver;
    if (duplex !== undefined) {
      reason = await runUpgraded(
        task,
        duplex,
        protocolHandler({
          session: {
            target,
            writers: new OpenWriters(),
            uploads: new ConnectionUploads(state.uploads),
            downloads: new ConnectionDownloads(connection.answers),
            received,
            log,
          },
          answers: connection.answers,
          table: TABLE,
          unauthorized: () => state.delay(state.delays.unauthorizedMs),
          refused: (request, status, text) => log(`${requestName(request)}: ${status}: ${text}`),
        }),
        state.upgraded,
      );
    }
  } finally {
    if (!target.isFinished) log("removing unfinished backup");
    // Before the group's lock is given back: the next attempt may follow immediately.
    if (target.isFinished || benchmark) state.interrupted.forget(key);
    else state.interrupted.remember(key, received);
    await target.abort();
    if (benchmark && target.isFinished) {
      await removeSnapshot(new DatastoreSnapshot(datastore, namespace, snapshot));
    }
  }
  if (benchmark) return;
  if (target.isFinished) {
    log("backup finished successfully");
    if (config.verifyNew) {
      try {
        const request = { namespace, group: snapshot, time: snapshot.time };
        startVerification(state, authId, config.name, request);
      } catch (error) {
        // The backup is complete whatever becomes of that.
        log(
          `WARN: the verification could not be started: ${describeError(error).join(": ")}`,
          true,
        );
      }
    }
    return;
  }
  if (task.signal.aborted) throw new CancelledError("task aborted");
  throw reason ?? new PbsError("backup ended but finished state is not set.");
}

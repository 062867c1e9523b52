import { Datastore } from "../../lib/datastore/mod.ts";
import { describeError, NotFoundError, UsageError } from "../../lib/errors/mod.ts";
import {
  BackupServer,
  type DatastoreConfig,
  keepMemorySmall,
  type ListenAddress,
  openServerFolder,
  parseListenAddress,
  readServerConfig,
  S3Endpoints,
  type ServerConfig,
  type ServerFolder,
} from "../../lib/server/mod.ts";
import { VSOCK_HOST_CID, VsockListener } from "../../lib/duplex/mod.ts";
import { notifyReady, type ServiceManager, serviceManagerOf } from "../../lib/service/mod.ts";
import { checkAddressIsFree } from "../../lib/tls/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { Output } from "../output/output.ts";
import { ChunkFolderCompletion } from "./chunk_folder_completion.ts";
import { mergeDatastores, requireDatastores } from "./merge_datastores.ts";
import { serverFolderPath } from "./server_folder_path.ts";
import { VERSION } from "../version.ts";
import { catchSignals } from "../signals/catch_signals.ts";

/** `serve` (docs/server.md): runs until a signal ends it. */
export async function runServer(values: CommandValues, context: CommandContext): Promise<void> {
  const { environment, output } = context;
  keepMemorySmall();
  const path = serverFolderPath(values, environment);
  const given = values.texts("datastore");
  const manager = serviceManagerOf((name) => environment.get(name));
  const plan = planOf(await readServerConfig(path), values);
  // Everything before the first thing is made, secrets last: nobody can read them a second time.
  for (const config of plan.datastores) checkDatastore(config);
  await checkListenAddress(plan.listen, manager);
  const folder = await openServerFolder(path, ["localhost", Deno.hostname(), "127.0.0.1", "::1"]);
  const { listen, datastores } = planOf(folder.config, values);
  await using folders = new ChunkFolderCompletion(output);
  for (const config of datastores) prepareDatastore(config, output, folders);
  const endpoints = new S3Endpoints(folder.path);
  using signals = catchSignals(() =>
    output.log("info", "stopping: running tasks have half a minute to finish")
  );
  await using server = await BackupServer.start({
    port: listen.port,
    ...listen.kind === "tcp"
      ? { host: listen.host }
      : { source: VsockListener.listen(listen.port) },
    ...manager.listenDescriptor === undefined ? {} : { descriptor: manager.listenDescriptor },
    certificate: folder.certificate,
    datastores,
    endpoints: await endpoints.all(),
    access: folder.access,
    logFolder: folder.config.logFolder ?? `${folder.path}/log`,
    jobs: { folder: folder.path },
    warned: (problem) => output.log("error", `a job cannot run: ${problem}`),
    watch: {
      folder: folder.path,
      environment,
      warned: (problem) => output.log("error", `alerts: ${problem}`),
    },
    instanceId: folder.instanceId,
    version: VERSION,
    failed: (error) => output.log("error", `internal error: ${describeError(error).join(": ")}`),
    refresh: async () => {
      try {
        const config = await folder.refresh();
        if (config === undefined) return;
        const merged = mergeDatastores(config.datastores, given);
        const reached = await endpoints.all();
        await folders.keepOnly(merged.filter(isInFolder).map(({ path }) => path));
        for (const each of merged) prepareDatastore(each, output, folders);
        server.state.configure(merged, reached);
        output.log("info", "the configuration has changed and was read again");
      } catch (error) {
        const [reason] = describeError(error);
        output.log("error", `the changed configuration is not used: ${reason}`);
      }
    },
  });
  await introduce(context, folder, {
    listen: { ...listen, port: server.port },
    datastores,
    configOption: values.text("config"),
  });
  notifyReady(manager, "ready");
  folders.start();
  if (!signals.signal.aborted) {
    await new Promise<void>((resolve) => {
      signals.signal.addEventListener("abort", () => resolve(), { once: true });
    });
  }
  notifyReady(manager, "stopping");
  await server.stop();
}

/** Address and datastores by the configuration and the options together. */
function planOf(config: ServerConfig, values: CommandValues) {
  const listen = values.text("listen");
  return {
    listen: listen === undefined ? config.listen : parseListenAddress(listen),
    datastores: requireDatastores(
      mergeDatastores(config.datastores, values.texts("datastore")),
    ),
  };
}

/** Looks whether the address is to be had. */
async function checkListenAddress(
  listen: ListenAddress,
  { listenDescriptor }: ServiceManager,
): Promise<void> {
  if (listen.kind === "vsock") {
    if (listenDescriptor !== undefined) {
      throw new UsageError(
        `the service manager has opened a socket already, instead of vsock:${listen.port}; ` +
          "start the server without a socket unit",
      );
    }
    VsockListener.listen(listen.port).close();
  } else if (listenDescriptor === undefined) await checkAddressIsFree(listen.host, listen.port);
}

/** Everything that is needed to use the server, ready to be pasted into a shell. */
interface Listening {
  readonly listen: ListenAddress;
  readonly datastores: readonly DatastoreConfig[];
  readonly configOption: string | undefined;
}

async function introduce(
  { environment, output }: CommandContext,
  { certificate, makeSecrets, config, path }: ServerFolder,
  { listen, datastores, configOption }: Listening,
): Promise<void> {
  const { shown, reachable, note } = describeListenAddress(listen);
  output.printLine(`# listening on ${shown}, configuration in ${path}`);
  if (note !== undefined) output.printLine(`# ${note}`);
  let newSecrets: ReadonlyMap<string, string> = new Map();
  await makeSecrets((secrets) => {
    newSecrets = secrets;
    for (const [authId, secret] of secrets) {
      const what = authId.includes("!") ? "secret of token" : "password of user";
      output.printLine(`# new ${what} ${authId}, shown only now: ${secret}`);
    }
  });
  const [user = config.accounts[0]?.authId] = newSecrets.keys();
  const secret = user === undefined ? undefined : newSecrets.get(user);
  if (user !== undefined && secret === undefined) {
    const program = environment.get("PBS_CLIENT_PROGRAM") ?? "pbs-client";
    const option = configOption === undefined ? "" : ` --config '${configOption}'`;
    const isToken = user.includes("!");
    const command = isToken ? "serve token regenerate" : "serve user passwd";
    output.printLine(
      `# ${isToken ? "secret" : "password"} of ${user}: as it was set before; ` +
        `"${program} ${command} ${user}${option}" sets a new one`,
    );
  }
  for (const { name } of datastores) {
    output.printLine(`export PBS_REPOSITORY='${user ?? "USER@pbs"}@${reachable}:${name}'`);
  }
  if (secret !== undefined) output.printLine(`export PBS_PASSWORD='${secret}'`);
  output.printLine(`export PBS_FINGERPRINT='${certificate.fingerprint}'`);
}

/** The address as it was given, and as clients write it. */
function describeListenAddress(
  listen: ListenAddress,
): { shown: string; reachable: string; note?: string } {
  const { port } = listen;
  if (listen.kind === "vsock") {
    return {
      shown: `vsock:${port}`,
      reachable: `[vsock:${VSOCK_HOST_CID}]:${port}`,
      note: "context id 2 is the host of a virtual machine; from the same machine it is 1, and a " +
        "host takes that of its virtual machine",
    };
  }
  const { host } = listen;
  const shownHost = host.includes(":") ? `[${host}]` : host;
  const reachable = host === "0.0.0.0" || host === "::" ? Deno.hostname() : shownHost;
  return { shown: `${shownHost}:${port}`, reachable: `${reachable}:${port}` };
}

/** Looks whether there is a datastore, or one can be made. */
function checkDatastore(config: DatastoreConfig): void {
  if (!isInFolder(config)) return;
  const { path } = config;
  try {
    Datastore.open(path)[Symbol.dispose]();
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    Datastore.checkCreatable(path);
  }
}

/** Looks whether there is a datastore; makes one if nothing is there. */
function prepareDatastore(
  config: DatastoreConfig,
  output: Output,
  folders: ChunkFolderCompletion,
): void {
  if (!isInFolder(config)) return;
  const { path } = config;
  const { datastore, isNew } = Datastore.openOrCreate(path);
  if (isNew) {
    output.log("info", `created datastore "${path}", its folders are made while it is served`);
    for (const note of datastore.takeNotes()) output.log("info", note);
  }
  folders.add(datastore);
}

/**
 * Whether a datastore is a folder that may be made here: what is in a bucket is made by a command or call of its
 * own, and what is being deleted is not made again.
 */
function isInFolder({ backend, maintenance }: DatastoreConfig): boolean {
  return backend === undefined && maintenance?.type !== "delete";
}

import { PbsError, UsageError } from "../../lib/errors/mod.ts";
import type { DatastoreProperties, StandaloneStores, StoreWork } from "../../lib/server/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import { DATASTORE_OPTIONS } from "../options/datastore_parameters.ts";
import { catchInterrupts } from "../signals/catch_interrupts.ts";
import { serverFolderPath } from "./server_folder_path.ts";

/** The properties that were given, as the configuration file has them. */
export async function datastoreProperties(values: CommandValues): Promise<DatastoreProperties> {
  const { parseMaintenance, parseTuning } = await import("../../lib/server/mod.ts");
  const given = DATASTORE_OPTIONS.filter(({ name }) => name !== "tuning" && values.has(name));
  const mode = values.text("maintenance-mode");
  if (mode !== undefined && !["read-only", "offline"].includes(parseMaintenance(mode).type)) {
    throw new UsageError("--maintenance-mode can be read-only or offline only");
  }
  const tuning = values.text("tuning");
  return {
    ...Object.fromEntries(given.map(({ name, type }) => [
      name,
      type.kind === "boolean" ? String(values.flag(name)) : values.requiredText(name),
    ])),
    ...tuning === undefined ? {} : parseTuning(tuning),
  };
}

/**
 * Works on a datastore in this process as a task, and shows its log.
 *
 * @param workerType Type of the task.
 * @throws {PbsError} if it failed.
 */
export async function runOnDatastore(
  values: CommandValues,
  { environment, output }: CommandContext,
  workerType: string,
  work: (host: StandaloneStores, name: string, task: StoreWork) => Promise<void>,
): Promise<void> {
  const { ServerAdministration, StandaloneStores } = await import("../../lib/server/mod.ts");
  const folder = serverFolderPath(values, environment);
  const config = await new ServerAdministration(folder).config();
  const logFolder = config.logFolder ?? `${folder}/log`;
  const host = new StandaloneStores(folder, logFolder, (line) => output.printLine(line));
  const name = values.requiredText("name");
  const { task, ended } = host.start(workerType, name, (task) => work(host, name, task));
  using _interrupts = catchInterrupts(() => {
    output.log("info", "got shutdown request (SIGINT)");
    host.tasks.abort(task.upid);
  });
  const { outcome, status } = await ended;
  if (outcome === "error") throw new PbsError(status);
  output.printLine(`TASK ${status}`);
}

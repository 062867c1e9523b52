import { PbsError } from "../../lib/errors/mod.ts";
import type { JobKind, JobProperties, ServerJob, ServerJobs } from "../../lib/server/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { Parameter } from "../command.ts";
import type { CommandContext } from "../command_context.ts";
import { formatDate } from "../output/format_date.ts";
import { printTable } from "../output/print_result.ts";
import { type Column, renderList } from "../output/table.ts";
import { catchInterrupts } from "../signals/catch_interrupts.ts";
import { serverFolderPath } from "./server_folder_path.ts";

/** The jobs of the server whose configuration a command changes. */
export async function serverJobs(
  values: CommandValues,
  { environment }: CommandContext,
): Promise<ServerJobs> {
  // With it comes the whole server, which help can do without.
  const { ServerAdministration, ServerJobs } = await import("../../lib/server/mod.ts");
  const folder = serverFolderPath(values, environment);
  // A configuration that is wrong is told of before anything is changed.
  await new ServerAdministration(folder).config();
  return new ServerJobs({ folder });
}

/** Tells of a job for a datastore that only the command line of `serve` can name. */
export async function noteUnknownStore(
  values: CommandValues,
  { environment, output }: CommandContext,
): Promise<void> {
  const store = values.text("store");
  if (store === undefined) return;
  const { ServerAdministration } = await import("../../lib/server/mod.ts");
  const folder = serverFolderPath(values, environment);
  const { datastores } = await new ServerAdministration(folder).config();
  if (datastores.some(({ name }) => name === store)) return;
  output.log(
    "info",
    `datastore '${store}' is not in "${folder}/server.cfg": start the server with ` +
      `--datastore ${store}=PATH, or the job fails`,
  );
}

/** The properties that were given, by the options of a kind of jobs. */
export function jobProperties(values: CommandValues, options: readonly Parameter[]): JobProperties {
  const given = options.filter(({ name }) => values.has(name)).map(({ name, type, repeatable }) => {
    if (repeatable) return [name, values.texts(name)];
    if (type.kind === "boolean") return [name, values.flag(name)];
    if (type.kind === "integer") return [name, values.requiredInteger(name)];
    return [name, values.requiredText(name)];
  });
  return Object.fromEntries(given);
}

/** Shows jobs with their last and next runs. */
export async function listJobs(
  values: CommandValues,
  context: CommandContext,
  kind: JobKind | "gc",
): Promise<void> {
  const { jobMembers, ServerAdministration } = await import("../../lib/server/mod.ts");
  const jobs = await serverJobs(values, context);
  const folder = serverFolderPath(values, context.environment);
  const listed: readonly ServerJob[] = kind === "gc"
    ? (await new ServerAdministration(folder).config()).datastores.map(({ name, gcSchedule }) => {
      return { kind, id: name, schedule: gcSchedule };
    })
    : (await jobs.files.list(kind)).jobs;
  const rows = await Promise.all(listed.map((job) => jobMembers(jobs, job)));
  const date = (seconds: unknown) => typeof seconds === "number" ? formatDate(seconds) : "";
  const cell = (name: string): Column<Record<string, unknown>> => ({
    title: name,
    cell: (row) => String(row[name] ?? ""),
  });
  printTable(values, context, {
    json: rows,
    text: (style) =>
      renderList(
        [
          ...kind === "gc" ? [] : [cell("id")],
          cell("store"),
          ...kind === "gc" ? [] : [cell("ns")],
          ...kind === "sync"
            ? [
              {
                title: "direction",
                cell: (row: Record<string, unknown>) => `${row["sync-direction"] ?? "pull"}`,
              },
              cell("remote"),
              cell("remote-store"),
            ]
            : [],
          { title: "schedule", cell: (row) => row.disable ? "disabled" : `${row.schedule ?? ""}` },
          { title: "next run", cell: (row) => date(row["next-run"]) },
          { title: "last run", cell: (row) => date(row["last-run-endtime"]) },
          { title: "result", cell: (row) => resultOf(row) },
          ...kind === "gc" ? [] : [cell("comment")],
        ],
        rows,
        style,
      ),
  });
}

function resultOf(row: Record<string, unknown>): string {
  const { "last-run-state": state, "last-run-upid": upid } = row;
  return state === undefined ? upid === undefined ? "" : "running" : String(state);
}

/**
 * Runs a job in this process, and shows its log. A server that is running leaves it alone meanwhile.
 *
 * @throws {PbsError} if it failed.
 */
export async function runJob(
  values: CommandValues,
  context: CommandContext,
  kind: JobKind | "gc",
): Promise<void> {
  const { S3Endpoints, ServerAdministration, StandaloneJobs, startJob } = await import(
    "../../lib/server/mod.ts"
  );
  const { mergeDatastores, requireDatastores } = await import("./merge_datastores.ts");
  const { output, environment } = context;
  const folder = serverFolderPath(values, environment);
  const config = await new ServerAdministration(folder).config();
  const datastores = requireDatastores(
    mergeDatastores(config.datastores, values.texts("datastore")),
  );
  const logFolder = config.logFolder ?? `${folder}/log`;
  await using host = new StandaloneJobs({
    folder,
    configs: datastores,
    endpoints: await new S3Endpoints(folder).all(),
    logFolder,
    shown: (line) => output.printLine(line),
  });
  const store = values.text("store") ?? "";
  const job: ServerJob = kind === "gc"
    ? { kind, id: store, schedule: datastores.find(({ name }) => name === store)?.gcSchedule }
    : await host.jobs.files.find(kind, values.requiredText("id"));
  const { task, ended } = await startJob(host, job, { authId: "root@pam" });
  using _interrupts = catchInterrupts(() => {
    output.log("info", "got shutdown request (SIGINT)");
    host.tasks.abort(task.upid);
  });
  const { outcome, status } = await ended;
  if (outcome === "error") throw new PbsError(status);
  output.printLine(`TASK ${status}`);
}

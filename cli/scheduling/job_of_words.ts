import { parseArchiveSpec } from "../../lib/backup/mod.ts";
import { trimTextEnd } from "../../lib/bytes/mod.ts";
import { NotFoundError, UsageError } from "../../lib/errors/mod.ts";
import type { RepositoryAddress } from "../../lib/repository/mod.ts";
import type { ConfinementNeeds } from "../../lib/schedule/mod.ts";
import { type Argument, argumentBytes } from "../arguments/argument.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import { findCommand } from "../arguments/find_command.ts";
import { parseCommandLine } from "../arguments/parse_command_line.ts";
import type { Command } from "../command.ts";
import type { CommandContext } from "../command_context.ts";
import { METRICS_FILE_OPTION } from "../options/metrics_file_option.ts";
import { WARNINGS_EXIT_OPTION } from "../options/output_options.ts";
import { selectRepository } from "../repository/select_repository.ts";

/** Commands that make sense without anybody looking on. */
const SCHEDULED = [
  "backup",
  "datastore verify",
  "garbage-collect",
  "job run",
  "maintain",
  "prune",
];

/** The lock folder of a server on the same machine, which shares the datastore; if it is there. */
const REFERENCE_LOCKS = "-/run/proxmox-backup";

const READ_ALL = "CAP_DAC_READ_SEARCH";
/** To write as another user's datastore needs it. */
const WRITE_AS_OWNER = ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER"];

/** A command line as a job has it. */
export interface JobCommand {
  readonly words: readonly string[];
  readonly needs: Omit<ConfinementNeeds, "isUserUnit">;
  readonly warningsExit: number | undefined;
  /** Credentials that the machine keeps for it. */
  readonly credentialNames: readonly string[];
  /** Whether it says itself which repositories it uses. */
  readonly isWhole: boolean;
}

/**
 * Checks the command line of a job as if it were run now, as far as that can be done without running
 * it, and finds out what it needs.
 *
 * @param words The words of the command.
 * @param runsAsRoot Whether the job will be root's.
 * @throws {UsageError} if it is wrong, or only makes sense in one folder.
 */
export async function jobOfWords(
  words: readonly Argument[],
  context: CommandContext,
  runsAsRoot: boolean,
): Promise<JobCommand> {
  for (const { text, bytes } of words) {
    if (bytes !== undefined) {
      throw new UsageError(`a job's words have to be UTF-8, and ${JSON.stringify(text)} is not`);
    }
  }
  const { command: entry, rest } = findCommand(context.table, words);
  if (!SCHEDULED.includes(entry.name)) {
    throw new UsageError(
      `'${entry.name}' is no command for a job: these are ${SCHEDULED.join(", ")}`,
    );
  }
  const command = await entry.load();
  const values = parseCommandLine(command, rest);
  requireAbsolutePaths(command, values);
  const line = words.map(({ text }) => text);
  if (command.name === "job run") {
    const { needsOfJobs } = await import("./needs_of_jobs.ts");
    const { needs, credentialNames } = await needsOfJobs(
      values,
      context,
      async (each, environment) =>
        (await jobOfWords(each, { ...context, environment }, runsAsRoot)).needs,
    );
    const warningsExit = values.givenInteger(WARNINGS_EXIT_OPTION.name);
    return { words: line, needs, warningsExit, credentialNames, isWhole: true };
  }
  const isBackup = command.name === "backup";
  const sources = isBackup ? sourcesOf(values) : [];
  const address = addressOf(command, values, context);
  const folder = address.kind === "directory" ? realFolder(address.path) : undefined;
  const metrics = isBackup ? metricsFolderOf(values) : undefined;
  const written = [folder, metrics].filter((each) => each !== undefined);
  const isOthers = runsAsRoot && written.some((each) => ownerOf(each) !== 0);
  return {
    words: line,
    credentialNames: [],
    isWhole: false,
    warningsExit: values.givenInteger(WARNINGS_EXIT_OPTION.name),
    needs: {
      sources,
      entersMounts: isBackup &&
        (values.flag("all-file-systems") || values.arguments("include-dev").length > 0),
      writable: [...written, ...folder === undefined ? [] : [REFERENCE_LOCKS]],
      usesNetwork: folder === undefined,
      runsCommand: isBackup && values.has("stdin-from-command"),
      takesPictures: isBackup && values.requiredText("snapshot") !== "none",
      capabilities: [...(isBackup ? [READ_ALL] : []), ...(isOthers ? WRITE_AS_OWNER : [])],
    },
  };
}

/** Absolute paths that are backed up. @throws {UsageError} for one that is not absolute. */
function sourcesOf(values: CommandValues): string[] {
  return values.arguments("backupspec").flatMap((word) => {
    const path = new TextDecoder().decode(parseArchiveSpec(argumentBytes(word)).path);
    if (path === "-" && values.has("stdin-from-command")) return [];
    requireAbsolute(path);
    return [trimTextEnd(path, "/") || "/"];
  });
}

/** The folder of the file of metrics. @throws {NotFoundError} if it is not there. */
function metricsFolderOf(values: CommandValues): string | undefined {
  const file = values.text(METRICS_FILE_OPTION.name);
  if (file === undefined) return undefined;
  const folder = file.slice(0, file.lastIndexOf("/")) || "/";
  try {
    return Deno.realPathSync(folder);
  } catch (cause) {
    throw new NotFoundError(`there is no folder "${folder}" for a file of metrics`, { cause });
  }
}

/** Refuses what would mean another file, or none, where the job runs. */
function requireAbsolutePaths(command: Command, values: CommandValues): void {
  for (const { name, completion } of [...command.options, ...command.positionals]) {
    if (completion !== "file-name") continue;
    for (const path of values.texts(name)) requireAbsolute(path);
  }
}

function requireAbsolute(path: string): void {
  if (path.startsWith("/")) return;
  throw new UsageError(`a job has no folder of its own: write '${path}' as an absolute path`);
}

/** @throws {UsageError} if the job names no repository, and the environment neither. */
function addressOf(
  command: Command,
  values: CommandValues,
  context: CommandContext,
): RepositoryAddress {
  if (command.name === "datastore verify") {
    return { kind: "directory", path: values.requiredText("path") };
  }
  const address = selectRepository(values, context);
  if (address.kind === "directory") requireAbsolute(address.path);
  return address;
}

/** @throws {NotFoundError} if there is none: a service cannot write in what is not there. */
function realFolder(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch (cause) {
    throw new NotFoundError(`there is no datastore "${path}": "datastore init" makes one`, {
      cause,
    });
  }
}

function ownerOf(path: string): number | null {
  return Deno.statSync(path).uid;
}

import { type AlertTarget, alertTargetsOf } from "../../lib/alerts/mod.ts";
import { UsageError } from "../../lib/errors/mod.ts";
import type { ConfinementNeeds } from "../../lib/schedule/mod.ts";
import type { Argument } from "../arguments/argument.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { JobEntry } from "../configuration/jobs_file.ts";
import { chooseJobs } from "../jobs/choose_jobs.ts";
import { openJobsFile } from "../configuration/open_jobs_file.ts";
import type { Environment } from "../environment.ts";
import { inOrder, type JobCommand, jobCommands } from "../jobs/job_commands.ts";
import { jobCommandEnvironment } from "../jobs/job_variables.ts";

type Needs = Omit<ConfinementNeeds, "isUserUnit">;

/** Needs of one command line. */
export type NeedsOfWords = (words: readonly Argument[], environment: Environment) => Promise<Needs>;

/**
 * Needs of the jobs that `job run` is called with: all that their command lines need, and their hooks.
 *
 * @throws {UsageError} if the file is not named, or a command line is wrong.
 */
export async function needsOfJobs(
  values: CommandValues,
  context: CommandContext,
  needsOfWords: NeedsOfWords,
): Promise<{ readonly needs: Needs; readonly credentialNames: readonly string[] }> {
  if (!values.has("config")) {
    throw new UsageError("a job has no home to look for its file in: name it with --config");
  }
  const file = openJobsFile(values, context);
  const jobs = chooseJobs(values, file);
  const commands = jobs.flatMap(jobCommands).flatMap(inOrder);
  const all: Needs[] = [];
  for (const command of commands) {
    const words = command.words.map((text) => ({ text }));
    all.push(
      await needsOfWords(words, jobCommandEnvironment(context.environment, notYet(command))),
    );
  }
  const some = (has: (needs: Needs) => boolean) => all.some(has);
  const any = (has: (job: JobEntry) => boolean) => jobs.some(has);
  const each = <T>(of: (needs: Needs) => readonly T[]) => [...new Set(all.flatMap(of))];
  const hookFolders = jobs.flatMap(({ hooks }) => hooks.texts("writable"));
  const told = alertTargetsOf(Object.fromEntries(file.alerts));
  const targets = [...told.values()].filter(({ name }) =>
    any(({ keys }) => keys.texts("alerts").includes(name))
  );
  const secrets = targets.flatMap(({ name }) => secretKeys(file.alerts.get(name)));
  return {
    needs: {
      sources: each(({ sources }) => sources),
      entersMounts: some(({ entersMounts }) => entersMounts),
      writable: [
        ...new Set([
          ...each(({ writable }) => writable),
          ...hookFolders,
          ...targets.flatMap(folderOf),
        ]),
      ],
      usesNetwork: some(({ usesNetwork }) => usesNetwork) || targets.some(usesNetwork) ||
        any(({ when }) => when.texts("reachable").length > 0),
      runsCommand: some(({ runsCommand }) => runsCommand) || any(hasHooks) ||
        targets.some(runsProgram) || secrets.some(([key]) => key.endsWith("-command")) ||
        commands.some(({ variables }) => variables.some(({ name }) => name.endsWith("_CMD"))),
      takesPictures: some(({ takesPictures }) => takesPictures),
      capabilities: each(({ capabilities }) => capabilities),
      keepsState: true,
    },
    credentialNames: [
      ...new Set(
        commands.flatMap(({ variables }) =>
          variables.filter(({ isCredential }) => isCredential).map(({ value }) => value)
        ),
      ),
    ],
  };
}

/** Secrets are not looked at here; credentials are only there in the service. */
function notYet({ variables }: JobCommand): JobCommand["variables"] {
  return variables.filter(({ isCredential }) => !isCredential);
}

function hasHooks({ hooks }: JobEntry): boolean {
  return ["before", "after", "on-failure"].some((time) => hooks.texts(time).length > 0);
}

/** The folder of a file that a target writes. */
function folderOf(target: AlertTarget): string[] {
  return target.type === "textfile"
    ? [target.path.slice(0, target.path.lastIndexOf("/")) || "/"]
    : [];
}

function usesNetwork(target: AlertTarget): boolean {
  return target.type !== "textfile";
}

function runsProgram(target: AlertTarget): boolean {
  return target.type === "mail" && "program" in target.via;
}

/** Keys of a target that say where a secret is, with their values, also of tables below. */
function secretKeys(table: unknown): (readonly [string, string])[] {
  if (typeof table !== "object" || table === null) return [];
  return Object.entries(table).flatMap(([key, value]) => {
    if (/-(?:command|credential)$/.test(key)) return [[key, String(value)] as const];
    return Array.isArray(value) ? [] : secretKeys(value);
  });
}

import { NotFoundError, UsageError } from "../../lib/errors/mod.ts";
import { type Job, JOB_NAME_RULE } from "../../lib/schedule/mod.ts";
import type { Argument } from "../arguments/argument.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import { parseTimeSpan } from "../../lib/time/mod.ts";
import type { CommandContext } from "../command_context.ts";
import { jobCredentials, jobEnvironment } from "./job_environment.ts";
import { jobOfWords } from "./job_of_words.ts";
import { choosePlaces } from "./choose_places.ts";
import { programPath } from "./program_path.ts";

const USER_NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,31}$/;

/** A job that is to be installed. */
export interface WantedJob {
  readonly name: string;
  readonly words: readonly Argument[];
  readonly calendar: string;
  readonly randomDelaySeconds: number;
}

/** `schedule install`: checks a job and hands it to the system, or shows what it would be. */
export async function installJob(values: CommandValues, context: CommandContext): Promise<void> {
  await installWanted(
    {
      name: requireJobName(values.requiredText("name")),
      words: values.arguments("command"),
      calendar: values.requiredText("calendar"),
      randomDelaySeconds: parseTimeSpan(values.text("random-delay") ?? "0") ?? 0,
    },
    values,
    context,
  );
}

/**
 * Checks a job and hands it to the system, or shows what it would be.
 *
 * @param values Options about the place and the service.
 */
export async function installWanted(
  { name, words: wanted, calendar, randomDelaySeconds }: WantedJob,
  values: CommandValues,
  context: CommandContext,
): Promise<void> {
  const { environment, output } = context;
  const isUser = values.flag("user");
  const user = isUser ? undefined : values.text("run-as") ?? "root";
  if (isUser && values.has("run-as")) {
    throw new UsageError("--user and --run-as are mutually exclusive");
  }
  if (user !== undefined && !USER_NAME.test(user)) {
    throw new UsageError(`'${user}' is no name of a user`);
  }
  const { words, needs, warningsExit, credentialNames, isWhole } = await jobOfWords(
    wanted,
    context,
    user === "root",
  );
  const credentials = jobCredentials(values, context);
  // deno-lint-ignore no-control-regex
  if (/[\x00-\x1f]/.test(calendar) || calendar.trim() === "") {
    throw new UsageError(`${JSON.stringify(calendar)} is no time`);
  }
  const job: Job = {
    name,
    program: requireProgram(values.text("program") ?? programPath(environment)),
    words,
    calendar,
    randomDelaySeconds,
    persistent: values.flag("persistent"),
    environment: jobEnvironment(environment, isWhole),
    credentials,
    credentialNames,
    user,
    warningsExit: warningsExit ?? warningsExitOf(environment.get("PBS_WARNINGS_EXIT")),
  };
  const place = choosePlaces(values, context)[0]!;
  const capabilities = [...new Set([...needs.capabilities, ...values.texts("capability")])];
  const jobNeeds = { ...needs, capabilities, isUserUnit: isUser };
  if (values.flag("dry-run")) {
    for (const { path, text } of place.filesOf(job, jobNeeds)) output.print(`# ${path}\n${text}\n`);
    return;
  }
  const written = await place.install(job, jobNeeds);
  for (const file of written) output.log("info", `wrote ${file}`);
  output.log(
    "info",
    written.length === 0 ? `job "${name}" is there already` : `job "${name}" is due: ${calendar}`,
  );
  if (isUser && place.kind === "systemd") {
    output.log("info", "it runs while you are logged in; with loginctl enable-linger always");
  }
}

/** @throws {UsageError} if it cannot be the name of a job. */
export function requireJobName(name: string): string {
  if (JOB_NAME_RULE.test(name)) return name;
  throw new UsageError(
    `'${name}' is no name of a job: up to 64 letters, digits, - and _, the first a letter or digit`,
  );
}

function requireProgram(path: string): string {
  if (!path.startsWith("/")) throw new UsageError(`the program '${path}' has no absolute path`);
  try {
    Deno.statSync(path);
  } catch (cause) {
    throw new NotFoundError(`there is no program "${path}"`, { cause });
  }
  return path;
}

function warningsExitOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,3}$/.test(text) ? Number(text) : undefined;
}

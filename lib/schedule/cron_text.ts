import { UsageError } from "../errors/mod.ts";
import { CREDENTIALS, type Job } from "./job.ts";
import { markLine } from "./job_mark.ts";

/** Longest command that every cron takes. */
const MAX_COMMAND_CHARACTERS = 990;

/**
 * The command of a job as it stands in a crontab, for cron and then for its shell.
 *
 * @throws {UsageError} if it has a line end, or is longer than what cron takes.
 */
export function cronCommand(job: Job): string {
  const { program, words, environment, credentials, randomDelaySeconds } = job;
  const [credential] = job.credentialNames ?? [];
  if (credential !== undefined) {
    throw new UsageError(
      `cron hands over no credentials such as '${credential}': name a file with the secret`,
    );
  }
  const variables = environment.map(([name, value]) => `${name}=${cronWord(value)}`);
  const options: string[] = [];
  for (const { kind, path } of credentials) {
    const { variable } = CREDENTIALS[kind];
    if (variable === undefined) options.push("--keyfile", cronWord(path));
    else variables.push(`${variable}=${cronWord(path)}`);
  }
  const delay = randomDelaySeconds === 0
    ? []
    : [`sleep $(($(od -An -N4 -tu4 /dev/urandom) \\% ${randomDelaySeconds + 1}));`];
  const command = [...delay, ...variables, cronWord(program), ...words.map(cronWord), ...options]
    .join(" ");
  if (command.length > MAX_COMMAND_CHARACTERS) {
    throw new UsageError(
      `the command has ${command.length} characters, and cron takes ${MAX_COMMAND_CHARACTERS}: ` +
        "write a script with it, and a line for that by hand",
    );
  }
  return command;
}

/**
 * A word for the shell, within a line of cron. A backslash stands in front of a quotation mark always:
 * implementations of cron differ in what it means before another character.
 */
function cronWord(word: string): string {
  // deno-lint-ignore no-control-regex
  if (/[\x00-\x08\x0a-\x1f]/.test(word)) {
    throw new UsageError(
      `cron cannot have the line end or control character in ${JSON.stringify(word)}`,
    );
  }
  if (/^[A-Za-z0-9_./:=@,+-]+$/.test(word)) return word;
  const quoted = word.replaceAll("'", `'"'"'`).replaceAll("\\", "\\''").replaceAll("%", "\\%");
  return `'${quoted}'`;
}

/** A file below `cron.d`. @param times The five fields of cron. */
export function cronFile(job: Job, times: string): string {
  const lines = [
    markLine(job.name),
    "SHELL=/bin/sh",
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    `${times} ${job.user ?? "root"} ${cronCommand(job)}`,
  ];
  return `${lines.join("\n")}\n`;
}

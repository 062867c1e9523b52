import { type ConfinementNeeds, confinementOf } from "./confinement.ts";
import { CREDENTIALS, type Job } from "./job.ts";
import { JOB_FILE_PREFIX, markLine } from "./job_mark.ts";
import { execWord, pathValue, pathWord, quotedWord } from "./unit_quoting.ts";

/** Path of the key, as systemd expands it when the job starts. */
const KEY_PATH = `"\${CREDENTIALS_DIRECTORY}/${CREDENTIALS.key.name}"`;

/**
 * The service of a job. A run ends when its process has; its status line tells how far it is.
 *
 * @throws {UsageError} if a path cannot be written in a unit.
 */
export function serviceUnit(job: Job, needs: ConfinementNeeds): string {
  const { name, program, words, environment, credentials, user, warningsExit } = job;
  const hasKey = credentials.some(({ kind }) => kind === "key");
  const command = [execWord(program, true), ...words.map((word) => execWord(word))];
  if (hasKey) command.push("--keyfile", KEY_PATH);
  // Homes cannot be written in: folders of the service stand for the user's own ones.
  const folders = needs.isUserUnit ? [] : [
    `CacheDirectory=pbs-client/${name}`,
    "CacheDirectoryMode=0700",
    `RuntimeDirectory=${JOB_FILE_PREFIX}${name}`,
    "RuntimeDirectoryMode=0700",
    `Environment=XDG_CACHE_HOME=%C/pbs-client/${name}`,
    `Environment=XDG_RUNTIME_DIR=%t/${JOB_FILE_PREFIX}${name}`,
    ...(needs.keepsState ? ["StateDirectory=pbs-client", "StateDirectoryMode=0700"] : []),
  ];
  const lines = [
    markLine(name),
    "# What systemctl edit adds stays.",
    "[Unit]",
    `Description=Job "${name}" of pbs-client`,
    ...(needs.usesNetwork ? ["Wants=network-online.target", "After=network-online.target"] : []),
    "",
    "[Service]",
    "Type=oneshot",
    "NotifyAccess=main",
    `ExecStart=${command.join(" ")}`,
    ...(warningsExit === undefined ? [] : [`SuccessExitStatus=${warningsExit}`]),
    ...(user === undefined ? [] : [`User=${user}`]),
    ...environment.map(([variable, value]) => `Environment=${quotedWord(`${variable}=${value}`)}`),
    ...credentials.map(({ kind, path }) =>
      `LoadCredential=${CREDENTIALS[kind].name}:${pathValue(path)}`
    ),
    ...(job.credentialNames ?? []).map((name) => `LoadCredentialEncrypted=${name}`),
    ...folders,
    "Nice=10",
    "IOSchedulingClass=best-effort",
    "IOSchedulingPriority=7",
    "",
    "# Nothing that is to be backed up is hidden by these.",
    ...confinementOf(needs, pathWord),
    ...ambientLines(needs, user),
  ];
  return `${lines.join("\n")}\n`;
}

/** Others than root have privileges only if they are given to them. */
function ambientLines(
  { capabilities, isUserUnit }: ConfinementNeeds,
  user: string | undefined,
): string[] {
  if (isUserUnit || user === "root" || capabilities.length === 0) return [];
  return [`AmbientCapabilities=${capabilities.join(" ")}`];
}

/** The timer of a job. */
export function timerUnit({ name, calendar, randomDelaySeconds, persistent }: Job): string {
  const lines = [
    markLine(name),
    "[Unit]",
    `Description=Time of job "${name}" of pbs-client`,
    "",
    "[Timer]",
    `OnCalendar=${calendar.replaceAll("%", "%%")}`,
    ...(randomDelaySeconds === 0 ? [] : [`RandomizedDelaySec=${randomDelaySeconds}`]),
    `Persistent=${persistent ? "yes" : "no"}`,
    "",
    "[Install]",
    "WantedBy=timers.target",
  ];
  return `${lines.join("\n")}\n`;
}

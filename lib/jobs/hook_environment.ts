/** Beginnings of variables that are ours, and may hold secrets or lead to them. */
const OURS = ["PBS_", "PROXMOX_", "DENO_"];
/** Variables by which a service manager speaks to a service, or hands it secrets. */
const OF_SERVICES = [
  "CREDENTIALS_DIRECTORY",
  "LISTEN_FDNAMES",
  "LISTEN_FDS",
  "LISTEN_PID",
  "NOTIFY_SOCKET",
  "SYSTEMD_EXEC_PID",
  "WATCHDOG_PID",
  "WATCHDOG_USEC",
];

/**
 * The variables that hooks get: those of the process but for ours, those of the service manager and
 * proxies with a password, and what they are told of the job.
 *
 * @param variables Those of the process.
 * @param told Names without the `PBS_JOB` that they begin with; what is undefined is left out.
 */
export function hookEnvironment(
  variables: Readonly<Record<string, string>>,
  told: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(variables)) {
    if (OURS.some((start) => name.startsWith(start)) || OF_SERVICES.includes(name)) continue;
    if (/_proxy$/i.test(name) && value.includes("@")) continue;
    environment[name] = value;
  }
  for (const [name, value] of Object.entries(told)) {
    if (value === undefined) continue;
    environment[name === "" ? "PBS_JOB" : `PBS_JOB_${name}`] = value.replaceAll("\0", "");
  }
  return environment;
}

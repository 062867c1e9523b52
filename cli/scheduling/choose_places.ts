import { UsageError } from "../../lib/errors/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import { CronFolder } from "./cron_folder.ts";
import type { JobPlace } from "./job_place.ts";
import { hasProgram } from "./run_program.ts";
import { SystemdUnits } from "./systemd_units.ts";
import { UserCrontab } from "./user_crontab.ts";

/**
 * The places that options mean: the one they name, or those that are there, systemd first.
 *
 * @throws {UsageError} if there is none, or the options contradict themselves.
 */
export function choosePlaces(values: CommandValues, { environment }: CommandContext): JobPlace[] {
  const isUser = values.flag("user");
  const root = values.text("root");
  if (isUser && root !== undefined) {
    throw new UsageError("--user and --root are mutually exclusive");
  }
  if (!isUser && root === undefined && Deno.uid() !== 0) {
    throw new UsageError("jobs of the system are root's: run this as root, or with --user");
  }
  const path = environment.get("PATH");
  const wanted = values.text("with");
  const places: JobPlace[] = [];
  if (wanted === "systemd" || wanted === undefined && hasSystemd(root)) {
    places.push(new SystemdUnits({ root, isUser, environment }));
  }
  if (wanted === "cron" || wanted === undefined) {
    if (isUser) {
      if (wanted !== undefined || hasProgram("crontab", path)) places.push(new UserCrontab());
    } else if (wanted !== undefined || isFolder(`${root ?? ""}/etc/cron.d`)) {
      places.push(new CronFolder(root));
    }
  }
  if (places.length > 0) return places;
  throw new UsageError(
    "neither systemd nor cron is running here: install cron, or name with --with what is going to be",
  );
}

/** Whether systemd runs, or is installed in the directory that stands for the system. */
function hasSystemd(root: string | undefined): boolean {
  return root === undefined
    ? isFolder("/run/systemd/system")
    : isFolder(`${root}/usr/lib/systemd/system`) || isFolder(`${root}/lib/systemd/system`);
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

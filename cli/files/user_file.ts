import type { Environment } from "../environment.ts";

/**
 * The path of a file of ours in one of the user's folders (spec: cli.md §5.1).
 *
 * @param variable For instance `XDG_CONFIG_HOME`.
 * @param fallback What stands for it below the home folder, e.g. `.config`.
 * @param name Name below `proxmox-backup/`.
 * @returns undefined if the user has no such folder.
 */
export function userFile(
  environment: Environment,
  variable: string,
  fallback: string,
  name: string,
): string | undefined {
  const home = environment.get("HOME");
  const folder = environment.get(variable) || (home ? `${home}/${fallback}` : undefined);
  return folder?.startsWith("/") ? `${folder}/proxmox-backup/${name}` : undefined;
}

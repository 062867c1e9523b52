import type { Environment } from "../environment.ts";

/**
 * Looks a file up in the user's configuration folder, then in the system's (spec: cli.md §5.1).
 *
 * @param name Name below `proxmox-backup/`.
 * @returns The path of the first that exists.
 */
export function findConfigFile(environment: Environment, name: string): string | undefined {
  const folders: string[] = [];
  const own = environment.get("XDG_CONFIG_HOME");
  const home = environment.get("HOME");
  if (own) folders.push(own);
  else if (home) folders.push(`${home}/.config`);
  folders.push(...(environment.get("XDG_CONFIG_DIRS") || "/etc/xdg").split(":"));
  for (const folder of folders) {
    if (!folder.startsWith("/")) continue;
    const path = `${folder}/proxmox-backup/${name}`;
    try {
      Deno.lstatSync(path);
      return path;
    } catch {
      // Not there, or the folder cannot be used: the next one.
    }
  }
  return undefined;
}

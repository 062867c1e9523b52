/** What both kinds of packages say of the program. */
export const PROGRAM = {
  name: "pbs-client",
  summary: "Backup client for Proxmox Backup Server",
  description: `\
Backs up directories, images and files to a Proxmox Backup Server, or into a
datastore directory of this machine with no server at all; restores, mounts,
maps and verifies them. Reads and writes the formats of the official client.
The executable needs no library of the system.`,
} as const;

/** What both kinds of packages say of the one that has `pxar`. */
export const COMPANION = {
  name: "pbs-client-pxar",
  summary: "Archives of Proxmox Backup Server as files",
  description: `\
The command "pxar" makes, lists, extracts and mounts archives that are plain
files. It is pbs-client under another name, in a package of its own because the
official client has a command of this name as well.`,
} as const;

/** Who answers for the packages. */
export const MAINTAINER = "pbs-client maintainers <maintainers@pbs-client.invalid>";

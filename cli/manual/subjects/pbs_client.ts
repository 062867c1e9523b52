import { ENVIRONMENT_VARIABLES } from "../environment_variables.ts";
import { EXAMPLES } from "../examples.ts";
import { EXIT_CODES } from "../exit_codes.ts";
import type { ManualSubject } from "../manual_subject.ts";
import { USED_FILES } from "../used_files.ts";
import { COMMAND_LINES_SECTION, PATTERNS_SECTION } from "./shared.ts";

/** Subject of the manual pages of the backup client. */
export const PBS_CLIENT_SUBJECT: ManualSubject = {
  headline: "back up to a Proxmox Backup Server or a datastore directory, and restore",
  remark:
    "It reads and writes the formats of the official client, proxmox-backup-client, and takes " +
    "its command lines. Each command has a page of its own.",
  sections: [
    [
      "REPOSITORIES",
      "A repository is where backups are kept. With a slash in it, it is the path of a datastore " +
      "directory of this machine, which is used without a server: /srv/backup, ./store. Else it is " +
      "a datastore of a server: [[auth-id@]server[:port]:]datastore, for instance store1, " +
      "pbs.example.com:store1 or backup@pbs!token@[fd00::5]:8008:store1. Left out are the user " +
      "root@pam, the server localhost and the port 8007. A server on the host of this virtual " +
      "machine, or in one, is reached without a network over vsock: [vsock:2]:store1 with the " +
      "context id in place of the name, 2 for the host.",
      "It comes from --repository, or in parts from --server, --port, --datastore and --auth-id, " +
      "or else from the environment: PBS_REPOSITORY, or PBS_DATASTORE and the variables beside it. " +
      "The whole and its parts cannot be mixed.",
    ],
    [
      "GROUPS, SNAPSHOTS AND NAMESPACES",
      "A snapshot is what one backup has stored. It is written type/id/time with the time in UTC, " +
      "for instance host/web1/2026-03-05T01:00:00Z; the type is host, vm or ct. All snapshots of a " +
      "type and id are a group, for instance host/web1.",
      "A namespace is a folder of groups and further namespaces, for instance site/web, up to seven " +
      "levels deep. --ns or PBS_NAMESPACE says which one is meant; the root has the empty name.",
    ],
    [
      "ARCHIVES",
      "A snapshot consists of archives. What backup makes of a source follows from the name it is " +
      "given: name.pxar of a directory with all that is below it, name.img of an image or block " +
      "device, name.conf and name.log of a single file.",
    ],
    PATTERNS_SECTION,
    [
      "ENCRYPTION",
      "With a key, chunks and files are encrypted before they leave this program. The key is " +
      "--keyfile or --keyfd, or the default one if there is one; --crypt-mode none leaves data " +
      "plain, --crypt-mode sign-only plain but signed. What is lost with the key cannot be " +
      "restored: keep a copy, on paper (key paperkey), or encrypted with a master key.",
    ],
    COMMAND_LINES_SECTION,
  ],
  examples: EXAMPLES,
  environment: ENVIRONMENT_VARIABLES,
  files: USED_FILES,
  exitCodes: EXIT_CODES,
};

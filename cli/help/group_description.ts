/** Purposes of the groups of commands; groups are names, not entries of the command table. */
const DESCRIPTIONS: ReadonlyMap<string, string> = new Map([
  ["alert", "Try whether messages arrive that tell of failures."],
  ["catalog", "Look into the catalog of a snapshot."],
  ["config", "Check the file with the jobs, and say what may be in it."],
  ["datastore", "Create and check datastore directories."],
  ["group", "Manage groups of snapshots."],
  ["guest", "Reach files in disk images through a virtual machine, and be that machine."],
  ["job", "Run jobs of a file, and see what became of them."],
  ["key", "Manage encryption keys and master keys."],
  ["namespace", "Manage namespaces."],
  ["schedule", "Let the system run commands of this program at certain times."],
  ["serve", "Serve datastores of this machine to backup clients, and manage that server."],
  ["serve acl", "Say who may do what on the embedded server."],
  ["serve datastore", "Manage datastores of the embedded server."],
  ["serve gc-job", "Say when the embedded server collects garbage."],
  ["serve prune-job", "Manage jobs of the embedded server that prune."],
  ["serve remote", "Manage other servers that the embedded server pulls from and pushes to."],
  ["serve sync-job", "Manage jobs of the embedded server that pull and push."],
  ["serve s3", "Manage S3 endpoints of the embedded server."],
  ["serve verify-job", "Manage jobs of the embedded server that verify."],
  ["serve tfa", "Manage second factors of users of the embedded server."],
  ["serve token", "Manage API tokens of the embedded server."],
  ["serve user", "Manage users of the embedded server."],
  ["snapshot", "Manage snapshots."],
  ["snapshot notes", "Show and change the notes of snapshots."],
  ["snapshot protected", "Show and change whether snapshots are protected."],
  ["task", "Look at tasks of the server, and stop them."],
]);

/**
 * Purpose of the commands of a group.
 *
 * @param path All words, e.g. `snapshot notes`.
 * @throws {TypeError} if nothing is known of such a group: it has to be added above.
 */
export function groupDescription(path: string): string {
  const description = DESCRIPTIONS.get(path);
  if (description === undefined) throw new TypeError(`Group '${path}' has no description`);
  return description;
}

/** All privileges there are; bits of a {@linkcode PrivilegeSet} in this order. */
export const PRIVILEGES = [
  "Datastore.Allocate",
  "Datastore.Audit",
  "Datastore.Backup",
  "Datastore.Modify",
  "Datastore.Prune",
  "Datastore.Read",
  "Datastore.Verify",
  "Permissions.Modify",
  "Realm.Allocate",
  "Remote.Audit",
  "Remote.DatastoreBackup",
  "Remote.DatastoreModify",
  "Remote.DatastorePrune",
  "Remote.Modify",
  "Remote.Read",
  "Sys.Audit",
  "Sys.Console",
  "Sys.Modify",
  "Sys.PowerManagement",
  "Tape.Audit",
  "Tape.Modify",
  "Tape.Read",
  "Tape.Write",
] as const;

/** A privilege's name. */
export type Privilege = typeof PRIVILEGES[number];

/** Any number of privileges. */
export type PrivilegeSet = ReadonlySet<Privilege>;

const ALL: PrivilegeSet = new Set(PRIVILEGES);

/** Roles by name (spec: protocol.md §2.9). */
export const ROLES: ReadonlyMap<string, PrivilegeSet> = new Map<string, PrivilegeSet>([
  ["Admin", ALL],
  ["NoAccess", new Set()],
  [
    "DatastoreAdmin",
    new Set([
      "Datastore.Audit",
      "Datastore.Read",
      "Datastore.Backup",
      "Datastore.Modify",
      "Datastore.Prune",
      "Datastore.Verify",
    ]),
  ],
  ["DatastoreReader", new Set(["Datastore.Audit", "Datastore.Read", "Datastore.Verify"])],
  ["DatastoreBackup", new Set(["Datastore.Backup"])],
  ["DatastorePowerUser", new Set(["Datastore.Backup", "Datastore.Prune"])],
  ["DatastoreAudit", new Set(["Datastore.Audit"])],
  ["RemoteAudit", new Set(["Remote.Audit"])],
  ["RemoteAdmin", new Set(["Remote.Audit", "Remote.Modify", "Remote.Read"])],
  ["RemoteSyncOperator", new Set(["Remote.Audit", "Remote.Read"])],
  ["RemoteSyncPushOperator", new Set(["Remote.Audit", "Remote.DatastoreBackup"])],
  ["RemoteDatastorePowerUser", new Set(["Remote.DatastoreBackup", "Remote.DatastorePrune"])],
  [
    "RemoteDatastoreAdmin",
    new Set(["Remote.DatastoreBackup", "Remote.DatastoreModify", "Remote.DatastorePrune"]),
  ],
  ["Audit", new Set(["Datastore.Audit", "Sys.Audit", "Remote.Audit", "Tape.Audit"])],
]);

/** Every privilege, for the superuser. */
export const ALL_PRIVILEGES: PrivilegeSet = ALL;

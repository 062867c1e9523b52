import type { Acl, AclEntry } from "./metadata.ts";

const NO_ACL: Acl = { users: [], groups: [], defaultUsers: [], defaultGroups: [] };

/** Whether two entries have the same ACLs; none at all is the same as one without entries. */
export function aclEqual(a: Acl | undefined, b: Acl | undefined): boolean {
  if (a === b) return true;
  a ??= NO_ACL;
  b ??= NO_ACL;
  return a.groupObject === b.groupObject &&
    (a.default === undefined) === (b.default === undefined) &&
    a.default?.user === b.default?.user && a.default?.group === b.default?.group &&
    a.default?.other === b.default?.other && a.default?.mask === b.default?.mask &&
    aclEntriesEqual(a.users, b.users) && aclEntriesEqual(a.groups, b.groups) &&
    aclEntriesEqual(a.defaultUsers, b.defaultUsers) &&
    aclEntriesEqual(a.defaultGroups, b.defaultGroups);
}

function aclEntriesEqual(a: readonly AclEntry[], b: readonly AclEntry[]): boolean {
  return a.length === b.length &&
    a.every(({ id, permissions }, i) => id === b[i]!.id && permissions === b[i]!.permissions);
}

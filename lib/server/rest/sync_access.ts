import { namespaceAclPath, type Privilege, remoteAclPath } from "../access/mod.ts";
import type { SyncPlaces } from "../jobs/mod.ts";

/**
 * Privileges that let somebody pull or push; of each entry one is needed.
 *
 * @param isOwn Whether the groups that are made, or that are read, belong to them.
 */
export function syncRequirements(
  places: SyncPlaces,
  isOwn: boolean,
): { path: string; privileges: Privilege[] }[] {
  return places.direction === "pull" ? pulling(places, isOwn) : pushing(places, isOwn);
}

function pulling(
  { store, namespace, remote, remoteStore, remoteNamespace, removeVanished }: SyncPlaces,
  isOwn: boolean,
): { path: string; privileges: Privilege[] }[] {
  const path = namespaceAclPath(store, namespace);
  return [
    { path, privileges: ["Datastore.Backup"] },
    ...removeVanished ? [{ path, privileges: ["Datastore.Prune" as const] }] : [],
    // As somebody who gives groups to others.
    ...isOwn ? [] : [{ path, privileges: ["Datastore.Modify" as const] }],
    remote === undefined
      ? { path: namespaceAclPath(remoteStore, remoteNamespace), privileges: ["Datastore.Read"] }
      : { path: remoteAclPath(remote, remoteStore, ""), privileges: ["Remote.Read"] },
  ];
}

function pushing(
  { store, namespace, remote, remoteStore, remoteNamespace, removeVanished }: SyncPlaces,
  isOwn: boolean,
): { path: string; privileges: Privilege[] }[] {
  const there = remoteAclPath(remote ?? "", remoteStore, remoteNamespace);
  return [
    {
      path: namespaceAclPath(store, namespace),
      privileges: isOwn ? ["Datastore.Read", "Datastore.Backup"] : ["Datastore.Read"],
    },
    { path: there, privileges: ["Remote.DatastoreBackup"] },
    ...removeVanished ? [{ path: there, privileges: ["Remote.DatastorePrune" as const] }] : [],
  ];
}

import type { SectionJob } from "./job.ts";

/** Owner of the groups of a job that names none. */
export const JOB_OWNER = "root@pam";

/** Places between which a sync job moves snapshots. */
export interface SyncPlaces {
  readonly direction: "pull" | "push";
  /** The datastore of this server. */
  readonly store: string;
  readonly namespace: string;
  /** The other server; undefined if it is this one. */
  readonly remote: string | undefined;
  readonly remoteStore: string;
  readonly remoteNamespace: string;
  /** Owner of groups that are made by a pull; whose groups alone are pushed. */
  readonly owner: string | undefined;
  readonly removeVanished: boolean;
}

/** The places of a sync job. */
export function syncPlaces({ properties }: Pick<SectionJob, "properties">): SyncPlaces {
  const text = (name: string) => properties[name] as string | undefined;
  return {
    direction: properties["sync-direction"] === "push" ? "push" : "pull",
    store: text("store")!,
    namespace: text("ns") ?? "",
    remote: text("remote"),
    remoteStore: text("remote-store")!,
    remoteNamespace: text("remote-ns") ?? "",
    owner: text("owner"),
    removeVanished: properties["remove-vanished"] === true,
  };
}

/** Id of the tasks of a sync job, which names the places. */
export function syncTaskId({ id, ...job }: Pick<SectionJob, "id" | "properties">): string {
  const { store, namespace, remote = "-", remoteStore } = syncPlaces(job);
  return [remote, remoteStore, store, namespace, id].join(":");
}

/** The datastore of this server that a task of {@linkcode syncTaskId} worked on, and the namespace. */
export function syncTaskPlace(workerId: string): { store: string; namespace: string } {
  const [, , store = "", namespace = ""] = workerId.split(":");
  return { store, namespace };
}

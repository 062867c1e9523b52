import { isOwner } from "../../datastore/mod.ts";
import { ServerError } from "../../errors/mod.ts";
import { namespaceAclPath, type Privilege } from "../access/mod.ts";
import { JOB_OWNER, jobPlace, type SectionJob, type SyncPlaces, syncPlaces } from "../jobs/mod.ts";
import type { RestContext } from "../state/mod.ts";
import { syncRequirements } from "./sync_access.ts";

/** Privileges of which one is needed at a path. */
export interface Requirement {
  readonly path: string;
  readonly privileges: readonly Privilege[];
}

/** Whether a caller may see a job: who may change it, and who may look at what it works on. */
export function maySeeJob(context: RestContext, job: SectionJob): boolean {
  return missing(context, viewRequirements(job)) === undefined;
}

/** @throws {ServerError} with 403 unless the caller may see a job. */
export function requireJobVisible(context: RestContext, job: SectionJob): void {
  requireAll(context, viewRequirements(job));
}

/** @throws {ServerError} with 403 unless the caller may change and start a job. */
export function requireJobChange(context: RestContext, job: SectionJob): void {
  requireAll(context, changeRequirements(context.authId, job));
}

/** @throws {ServerError} with 403 for the first that the caller has nothing of. */
export function requireAll(context: RestContext, requirements: readonly Requirement[]): void {
  const wanted = missing(context, requirements);
  if (wanted === undefined) return;
  const { path, privileges } = wanted;
  throw new ServerError(
    403,
    `permission check failed - missing ${privileges.join("|")} on ${path}`,
  );
}

function missing(
  { state, authId }: RestContext,
  requirements: readonly Requirement[],
): Requirement | undefined {
  const { rules } = state.access;
  return requirements.find(({ path, privileges }) => !rules.hasAny(authId, path, privileges));
}

function viewRequirements(job: SectionJob): Requirement[] {
  const { store, namespace } = jobPlace(job);
  const path = namespaceAclPath(store, namespace);
  switch (job.kind) {
    case "prune":
      return [{ path, privileges: ["Datastore.Audit", "Datastore.Modify"] }];
    case "verify":
      return [{ path, privileges: ["Datastore.Audit", "Datastore.Verify"] }];
    case "sync": {
      const { remote, remoteStore } = syncPlaces(job);
      return [
        { path, privileges: ["Datastore.Audit"] },
        remote === undefined
          ? { path: `/datastore/${remoteStore}`, privileges: ["Datastore.Audit"] }
          : { path: `/remote/${remote}`, privileges: ["Remote.Audit"] },
      ];
    }
  }
}

function changeRequirements(authId: string, job: SectionJob): Requirement[] {
  const { store, namespace } = jobPlace(job);
  const path = namespaceAclPath(store, namespace);
  switch (job.kind) {
    case "prune":
      return [{ path, privileges: ["Datastore.Modify"] }];
    case "verify":
      return [{ path, privileges: ["Datastore.Verify"] }];
    case "sync": {
      const places: SyncPlaces = syncPlaces(job);
      const isOwn = isOwner(places.owner ?? JOB_OWNER, authId);
      return syncRequirements(places, isOwn);
    }
  }
}

import { ServerError } from "../../errors/mod.ts";
import { namespaceAclPath } from "../access/mod.ts";
import { JOB_KINDS, jobPlace, type SectionJob } from "../jobs/mod.ts";
import type { RestContext } from "../state/mod.ts";

/** Whether a caller may see a job: who may change it, and who may look at its datastore. */
export function maySeeJob({ state, authId }: RestContext, job: SectionJob): boolean {
  const { privilege } = JOB_KINDS[job.kind];
  return state.access.rules.hasAny(authId, aclPath(job), ["Datastore.Audit", privilege]);
}

/** @throws {ServerError} with 403 unless the caller may see a job. */
export function requireJobVisible(context: RestContext, job: SectionJob): void {
  if (maySeeJob(context, job)) return;
  throw refusal(`Datastore.Audit|${JOB_KINDS[job.kind].privilege}`, job);
}

/** @throws {ServerError} with 403 unless the caller may change and start a job. */
export function requireJobChange({ state, authId }: RestContext, job: SectionJob): void {
  const { privilege } = JOB_KINDS[job.kind];
  if (state.access.rules.hasAny(authId, aclPath(job), [privilege])) return;
  throw refusal(privilege, job);
}

function refusal(wanted: string, job: SectionJob): ServerError {
  return new ServerError(403, `permission check failed - missing ${wanted} on ${aclPath(job)}`);
}

function aclPath(job: SectionJob): string {
  const { store, namespace } = jobPlace(job);
  return namespaceAclPath(store, namespace);
}

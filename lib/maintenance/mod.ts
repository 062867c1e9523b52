/**
 * Maintenance: what keeps a repository healthy, in one run.
 *
 * A *maintenance* has *steps*: prune, garbage collection, verification. Its *plan* says what to do, and
 * for which groups (its *scope*); its *report* says what was done, what was *left* for lack of time, and
 * what is *bad*. A datastore directory keeps a *record* of what was done, so that the next run goes on
 * where one was interrupted, and a *lock*. A *sample* is a share of all chunks; samples side by side make
 * a *round* that reaches every chunk.
 *
 * @module
 */

export { maintain } from "./maintain.ts";
export {
  type MaintenanceContext,
  type MaintenancePlan,
  type MaintenanceScope,
  type StepName,
  STEPS,
} from "./maintenance_plan.ts";
export type * from "./maintenance_report.ts";

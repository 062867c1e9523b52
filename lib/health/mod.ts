/**
 * Health of backups: how old the newest snapshot of each group is, and what its verifications say.
 *
 * A *group* is healthy by *limits* on ages. Only *finished* snapshots count: one that was begun and not
 * ended is no backup. The *verified age* of a group is that of the snapshot for which nobody has looked
 * for longest; one that was never verified counts from its backup.
 *
 * @module
 */

export { collectHealth, type GroupHealth, groupHealth } from "./group_health.ts";
export {
  type HealthLevel,
  type HealthLimits,
  type HealthVerdict,
  judgeHealth,
} from "./judge_health.ts";
export { placedGroupPath } from "./placed_group_path.ts";
export { roundAge } from "./round_age.ts";

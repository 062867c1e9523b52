/**
 * Alerts: what the program says to people and to monitoring when a state changes.
 *
 * An *event* is the outcome of something that was run or watched; what it is about is its *subject*. A
 * *target* is where messages go: mail, a webhook, a text file for a collector of metrics. A *state* is
 * the outcome that a target heard last of a subject: the same again is not told, a message that could
 * not be delivered counts as not told. States are kept in a *state file*, which processes share.
 *
 * Events that are told together are one *message* to a target, its states are kept one by one.
 *
 * Alerts never fail what they tell of: what went wrong with them is a *problem* in their report.
 *
 * @module
 */

export {
  type AlertEvent,
  type AlertFigures,
  type AlertOutcome,
  type AlertSubject,
  type AlertWhat,
} from "./alert_event.ts";
export type { EventWords } from "./_alert_message.ts";
export type { AlertReport } from "./alert_report.ts";
export type { AlertTarget, MailTarget, TextfileTarget, WebhookTarget } from "./alert_target.ts";
export { type AlertOptions, Alerts } from "./alerts.ts";
export { alertTargetOf, alertTargetsOf } from "./alert_target_of.ts";
export { writeEventMetrics } from "./write_event_metrics.ts";

import type { AlertEvent, AlertSubject } from "./alert_event.ts";
import type { AlertTarget } from "./alert_target.ts";
import type { DeliveryContext } from "./_delivery_context.ts";
import { Secrets } from "./_secrets.ts";

/**
 * Delivers an event to one target. What is thrown or returned has no secrets.
 *
 * @returns What went wrong although it was delivered.
 * @throws {PbsError} if it was not delivered within the limits of the target.
 */
export async function deliver(
  target: AlertTarget,
  event: AlertEvent,
  context: DeliveryContext,
): Promise<string | undefined> {
  const secrets = new Secrets(context.environment);
  try {
    switch (target.type) {
      case "mail": {
        const { sendMail } = await import("./_send_mail.ts");
        const problem = await sendMail(target, event, context, secrets);
        return problem === undefined ? undefined : secrets.hiddenIn(problem);
      }
      case "webhook": {
        const { sendWebhook } = await import("./_send_webhook.ts");
        await sendWebhook(target, event, context, secrets);
        return undefined;
      }
      case "textfile": {
        const { writeEventMetrics } = await import("./write_event_metrics.ts");
        await writeEventMetrics(target.path, event);
        return undefined;
      }
    }
  } catch (error) {
    throw secrets.withoutThem(error);
  }
}

/**
 * Tells one target that something starts, if it is of a kind that wants to know.
 *
 * @returns Whether it was told.
 * @throws {PbsError} if it was not delivered within the limits of the target.
 */
export async function deliverStart(
  target: AlertTarget,
  subject: AlertSubject,
  context: DeliveryContext,
): Promise<boolean> {
  if (target.type !== "webhook" || target.template !== "healthchecks") return false;
  const secrets = new Secrets(context.environment);
  try {
    const { sendStartPing } = await import("./_send_webhook.ts");
    await sendStartPing(target, subject, context, secrets);
    return true;
  } catch (error) {
    throw secrets.withoutThem(error);
  }
}

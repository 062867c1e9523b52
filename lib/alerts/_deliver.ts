import type { AlertMessage } from "./_alert_message.ts";
import type { AlertSubject } from "./alert_event.ts";
import type { AlertTarget } from "./alert_target.ts";
import type { DeliveryContext } from "./_delivery_context.ts";
import { Secrets } from "./_secrets.ts";

/**
 * Delivers a message to one target. What is thrown or returned has no secrets.
 *
 * @returns What went wrong although it was delivered.
 * @throws {ConnectionError} if it was not delivered for a reason that may pass.
 * @throws {PbsError} if it was not delivered within the limits of the target.
 */
export async function deliver(
  target: AlertTarget,
  message: AlertMessage,
  context: DeliveryContext,
): Promise<string | undefined> {
  const secrets = new Secrets(context.environment);
  try {
    switch (target.type) {
      case "mail": {
        const { sendMail } = await import("./_send_mail.ts");
        const problem = await sendMail(target, message, context, secrets);
        return problem === undefined ? undefined : secrets.hiddenIn(problem);
      }
      case "webhook": {
        const { sendWebhook } = await import("./_send_webhook.ts");
        await sendWebhook(target, message, context, secrets);
        return undefined;
      }
      case "textfile": {
        const { writeEventMetrics } = await import("./write_event_metrics.ts");
        for (const event of message.events) await writeEventMetrics(target.path, event);
        return undefined;
      }
    }
  } catch (error) {
    throw secrets.withoutThem(error);
  }
}

/** Whether a target gets a message for each event: its addresses tell them apart. */
export async function isToldOneByOne(
  target: AlertTarget,
  context: DeliveryContext,
): Promise<boolean> {
  if (target.type !== "webhook") return false;
  try {
    const { hasAddressPerSubject } = await import("./_send_webhook.ts");
    return await hasAddressPerSubject(target, new Secrets(context.environment));
  } catch {
    // The delivery says what is wrong.
    return false;
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

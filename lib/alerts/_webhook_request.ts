import type { AlertEvent, AlertOutcome } from "./alert_event.ts";
import type { WebhookTarget } from "./alert_target.ts";
import { fillTemplate, messageFields } from "./_message_fields.ts";

/** Priorities of ntfy, from 1 to 5, and of Gotify, from 0 to 10. */
const NTFY_PRIORITY: Record<AlertOutcome, string> = { ok: "2", warnings: "3", failed: "4" };
const GOTIFY_PRIORITY: Record<AlertOutcome, number> = { ok: 2, warnings: 5, failed: 8 };
/** Names of pictures that ntfy shows. */
const NTFY_TAG: Record<AlertOutcome, string> = {
  ok: "white_check_mark",
  warnings: "warning",
  failed: "rotating_light",
};

/** The message to a webhook, without secrets. */
export interface WebhookMessage {
  /** Follows the address of the target. */
  readonly suffix: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

/** The message of an event in the form of a target's template. */
export function webhookMessage(
  target: WebhookTarget,
  event: AlertEvent,
  host: string,
): WebhookMessage {
  const fields = messageFields(event, host);
  const title = `${event.outcome}: ${event.what} ${event.name} on ${host}`;
  const text = event.details === undefined
    ? event.summary
    : `${event.summary}\n\n${fields["details"]}`;
  switch (target.template) {
    case "ntfy":
      return {
        suffix: "",
        headers: [
          ["title", encodedWord(title)],
          ["priority", NTFY_PRIORITY[event.outcome]],
          ["tags", NTFY_TAG[event.outcome]],
          ["content-type", "text/plain; charset=utf-8"],
        ],
        body: text,
      };
    case "gotify":
      return {
        suffix: "/message",
        headers: [["content-type", "application/json"]],
        body: JSON.stringify({
          title,
          message: text,
          priority: GOTIFY_PRIORITY[event.outcome],
        }),
      };
    case "healthchecks":
      return {
        suffix: event.outcome === "ok" ? "" : "/fail",
        headers: [["content-type", "text/plain; charset=utf-8"]],
        body: `${title}\n${text}\n`,
      };
    case "json":
      return {
        suffix: "",
        headers: [["content-type", "application/json"]],
        body: JSON.stringify({
          program: "pbs-client",
          host,
          what: event.what,
          name: event.name,
          outcome: event.outcome,
          summary: event.summary,
          details: fields["details"],
          started: fields["started"],
          ended: fields["ended"],
          seconds: Number(fields["seconds"]),
        }),
      };
    case "text":
      return {
        suffix: "",
        headers: [["content-type", "text/plain; charset=utf-8"]],
        body: fillTemplate(target.body ?? "", fields),
      };
  }
}

/** A text as a header takes it: as it is if that is possible, else in the form of RFC 2047. */
function encodedWord(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text;
  return `=?utf-8?B?${new TextEncoder().encode(text).toBase64()}?=`;
}

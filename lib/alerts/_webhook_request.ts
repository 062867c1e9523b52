import { type AlertMessage, messageDetails } from "./_alert_message.ts";
import type { AlertOutcome } from "./alert_event.ts";
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

/** ntfy takes 4096 bytes as a message, and more only as a file, which many servers do not. */
const MAX_NTFY = 3000;
/** Most events that go into one message for programs: services take a megabyte at least. */
const MAX_EVENTS = 1000;

/** The message to a webhook, without secrets. */
export interface WebhookMessage {
  /** Follows the address of the target. */
  readonly suffix: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

/** A message in the form of a target's template. */
export function webhookMessage(
  target: WebhookTarget,
  message: AlertMessage,
  host: string,
): WebhookMessage {
  const fields = messageFields(message, host);
  const { outcome, summary, events } = message;
  const title = `${outcome}: ${message.title} on ${host}`;
  const text = withDetails(summary, fields["details"]!);
  switch (target.template) {
    case "ntfy":
      return {
        suffix: "",
        headers: [
          ["title", encodedWord(title)],
          ["priority", NTFY_PRIORITY[outcome]],
          ["tags", NTFY_TAG[outcome]],
          ["content-type", "text/plain; charset=utf-8"],
        ],
        body: withDetails(summary, messageDetails(message, MAX_NTFY)),
      };
    case "gotify":
      return {
        suffix: "/message",
        headers: [["content-type", "application/json"]],
        body: JSON.stringify({
          title,
          message: text,
          priority: GOTIFY_PRIORITY[outcome],
        }),
      };
    case "healthchecks":
      return {
        suffix: outcome === "ok" ? "" : "/fail",
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
          what: message.what,
          name: message.name,
          outcome,
          summary,
          details: fields["details"],
          started: fields["started"],
          ended: fields["ended"],
          seconds: Number(fields["seconds"]),
          ...events.length === 1 ? {} : bundleOf(events),
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

function withDetails(summary: string, details: string): string {
  return details === "" ? summary : `${summary}\n\n${details}`;
}

/** Several events for a program: all that fit, and how many there are. */
function bundleOf(events: AlertMessage["events"]): Record<string, unknown> {
  return {
    count: events.length,
    events: events.slice(0, MAX_EVENTS).map(({ what, name, outcome, summary }) => ({
      what,
      name,
      outcome,
      summary,
    })),
  };
}

/** A text as a header takes it: as it is if that is possible, else in the form of RFC 2047. */
function encodedWord(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text;
  return `=?utf-8?B?${new TextEncoder().encode(text).toBase64()}?=`;
}

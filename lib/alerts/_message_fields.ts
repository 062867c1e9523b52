import type { AlertEvent } from "./alert_event.ts";

/** The names that a text template may have in braces. */
const FIELDS = {
  what: (event: AlertEvent) => event.what,
  name: (event: AlertEvent) => event.name,
  outcome: (event: AlertEvent) => event.outcome,
  summary: (event: AlertEvent) => event.summary,
  details: (event: AlertEvent) => event.details ?? "",
  started: (event: AlertEvent) => timeOf(event.startedAt),
  ended: (event: AlertEvent) => timeOf(event.endedAt),
  seconds: (event: AlertEvent) => String(Math.max(0, Math.round(event.endedAt - event.startedAt))),
  host: (_: AlertEvent, host: string) => host,
} satisfies Record<string, (event: AlertEvent, host: string) => string>;

/** Longest text of details that goes into a message, characters. */
const MAX_DETAILS = 16 * 1024;

/** The fields of an event as texts. */
export function messageFields(event: AlertEvent, host: string): Record<string, string> {
  const shortened = { ...event, details: endOf(event.details ?? "") };
  return Object.fromEntries(
    Object.entries(FIELDS).map(([name, render]) => [name, render(shortened, host)]),
  );
}

/** The mistake in a text template, or undefined. */
export function checkTemplate(template: string): string | undefined {
  for (const [, name] of template.matchAll(/\{(\w+)\}/g)) {
    if (Object.hasOwn(FIELDS, name!)) continue;
    return `has no field {${name}}; the fields are {${Object.keys(FIELDS).join("}, {")}}`;
  }
  return undefined;
}

/** A text template with its fields filled in; braces with anything else in them stay. */
export function fillTemplate(template: string, fields: Readonly<Record<string, string>>): string {
  return template.replaceAll(
    /\{(\w+)\}/g,
    (whole, name: string) => Object.hasOwn(fields, name) ? fields[name]! : whole,
  );
}

function timeOf(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? "unknown" : date.toISOString().replace(/\.\d+Z$/, "Z");
}

/** The end of a log tells why; its beginning is left out. */
function endOf(details: string): string {
  return details.length <= MAX_DETAILS ? details : `…\n${details.slice(-MAX_DETAILS)}`;
}

import { type AlertMessage, messageDetails } from "./_alert_message.ts";

/** Longest text of details that goes into a message, characters. */
const MAX_DETAILS = 16 * 1024;

/** The names that a text template may have in braces. */
const FIELDS = {
  what: ({ what }: AlertMessage) => what,
  name: ({ name }: AlertMessage) => name,
  outcome: ({ outcome }: AlertMessage) => outcome,
  summary: ({ summary }: AlertMessage) => summary,
  details: (message: AlertMessage) => messageDetails(message, MAX_DETAILS),
  started: ({ startedAt }: AlertMessage) => timeOf(startedAt),
  ended: ({ endedAt }: AlertMessage) => timeOf(endedAt),
  seconds: ({ startedAt, endedAt }: AlertMessage) =>
    String(Math.max(0, Math.round(endedAt - startedAt))),
  host: (_: AlertMessage, host: string) => host,
} satisfies Record<string, (message: AlertMessage, host: string) => string>;

/** The fields of a message as texts. */
export function messageFields(message: AlertMessage, host: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries(FIELDS).map(([name, render]) => [name, render(message, host)]),
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

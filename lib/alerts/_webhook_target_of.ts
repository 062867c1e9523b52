import { type SecretReference, secretReferenceOf } from "../secrets/mod.ts";
import type { ConfigTable } from "../tables/mod.ts";
import type { HeaderValue, TargetRules, WebhookTarget } from "./alert_target.ts";
import { checkTemplate } from "./_message_fields.ts";
import { trustOf } from "./_trust_of.ts";

const TEMPLATES = ["ntfy", "gotify", "healthchecks", "json", "text"] as const;
/** Names of parameters that hold secrets, as services call them. */
const SECRET_PARAMETER = /token|key|secret|passw|auth|sig/i;
/** Headers that hold secrets by what they are for. */
const SECRET_HEADER = /authorization|cookie|token|key|secret|passw/i;
/** Headers that the connection sets. */
const OWN_HEADERS = ["host", "content-length", "transfer-encoding", "connection", "expect"];

/** The keys of a target that is a webhook. @throws {TableError} naming what is wrong. */
export function webhookTargetOf(table: ConfigTable, rules: TargetRules): WebhookTarget {
  const template = table.choice("template", TEMPLATES) ?? "json";
  const url = urlOf(table);
  const body = table.text("body");
  if (template === "text") checkBody(table, table.required("body", body));
  else if (body !== undefined) table.fail("body", 'is for the template "text" alone');
  const headers = headersOf(table);
  const token = secretReferenceOf(table, "token");
  const trust = trustOf(table);
  if (
    typeof url === "string" && url.startsWith("http:") &&
    (trust.fingerprint !== undefined || trust.authoritiesFile !== undefined)
  ) {
    table.fail("url", "without https there is no certificate to check");
  }
  return {
    ...rules,
    // A service that waits for pings takes a missing one for a failure.
    always: rules.always || template === "healthchecks",
    type: "webhook",
    template,
    url,
    headers,
    token,
    method: table.choice("method", ["POST", "PUT", "GET"]) ?? "POST",
    ...trust,
    body,
  };
}

function urlOf(table: ConfigTable): string | SecretReference {
  if (!table.has("url")) {
    const reference = secretReferenceOf(table, "url");
    if (reference === undefined) table.fail("url", 'is missing; "url-file" if it is a secret');
    return reference;
  }
  const text = table.line("url")!;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    table.fail("url", "must be an address that begins with http:// or https://");
  }
  const isSecret = url.username !== "" || url.password !== "" ||
    [...url.searchParams.keys()].some((name) => SECRET_PARAMETER.test(name));
  if (isSecret) {
    table.fail(
      "url",
      'a secret must not be in this file: write where the address is, as "url-file", "url-command" or "url-credential", or give the secret by "token-file"',
    );
  }
  if (url.hash !== "") table.fail("url", 'must not have a part behind "#"');
  return text;
}

function headersOf(table: ConfigTable): Map<string, HeaderValue> {
  const headers = new Map<string, HeaderValue>();
  const fields = table.table("headers");
  if (fields === undefined) return headers;
  for (const key of fields.keys()) {
    const value = fields.value(key);
    const name = key.toLowerCase();
    if (!/^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(name) || OWN_HEADERS.includes(name)) {
      fields.fail(key, "is not a header that may be set");
    }
    if (typeof value === "object") {
      const holder = fields.table(key)!;
      const reference = secretReferenceOf(holder, "value");
      holder.finish();
      headers.set(
        name,
        reference ?? holder.fail("value-file", "is missing, or another place of a secret"),
      );
      continue;
    }
    if (SECRET_HEADER.test(name)) {
      fields.fail(
        key,
        `a secret must not be in this file: write where it is, as { value-file = "PATH" }`,
      );
    }
    const text = fields.line(key)!;
    if (!/^[\x20-\x7e]+$/.test(text)) fields.fail(key, "must be ASCII");
    headers.set(name, text);
  }
  return headers;
}

function checkBody(table: ConfigTable, body: string): void {
  const problem = checkTemplate(body);
  if (problem !== undefined) table.fail("body", problem);
}

import { UsageError } from "../errors/mod.ts";
import type { AlertMessage } from "./_alert_message.ts";
import type { AlertSubject } from "./alert_event.ts";
import type { WebhookTarget } from "./alert_target.ts";
import type { DeliveryContext } from "./_delivery_context.ts";
import { fillTemplate } from "./_message_fields.ts";
import { type PostedRequest, postOnce } from "./_post_once.ts";
import type { Secrets } from "./_secrets.ts";
import { type WebhookMessage, webhookMessage } from "./_webhook_request.ts";
import { withRetries } from "./_with_retries.ts";

/** Fields of an address that differ from one thing to the next. */
const PER_SUBJECT = /\{(?:name|what)\}/;

/**
 * Sends a message to a webhook.
 *
 * @throws {PbsError} if it was not taken within the limits of the target.
 */
export async function sendWebhook(
  target: WebhookTarget,
  message: AlertMessage,
  context: DeliveryContext,
  secrets: Secrets,
): Promise<void> {
  const form = webhookMessage(target, message, context.host);
  const request = await requestOf(target, message, form, secrets);
  await withRetries(
    target,
    context.signal,
    (signal) => postOnce(target, request, context.environment, signal),
  );
}

/**
 * Tells a service that waits for pings that something starts. There is one try: what is to be started
 * waits for it.
 *
 * @throws {PbsError} if it was not taken in time.
 */
export async function sendStartPing(
  target: WebhookTarget,
  subject: AlertSubject,
  context: DeliveryContext,
  secrets: Secrets,
): Promise<void> {
  const message = { suffix: "/start", headers: [], body: "" };
  const request = await requestOf(target, subject, message, secrets);
  await withRetries(
    { ...target, retries: 0 },
    context.signal,
    (signal) => postOnce(target, request, context.environment, signal),
  );
}

/**
 * Whether the address of a webhook tells things apart, so that each has to be told by itself.
 *
 * @throws {UsageError} if the address is a secret that is not there.
 */
export async function hasAddressPerSubject(
  { url }: WebhookTarget,
  secrets: Secrets,
): Promise<boolean> {
  return PER_SUBJECT.test(typeof url === "string" ? url : await secrets.resolve(url));
}

async function requestOf(
  target: WebhookTarget,
  subject: Pick<AlertMessage, "what" | "name">,
  message: WebhookMessage,
  secrets: Secrets,
): Promise<PostedRequest> {
  const text = typeof target.url === "string" ? target.url : await secrets.resolve(target.url);
  const url = addressOf(text, subject, message.suffix);
  // The address itself may be what gives access, such as a topic or a key for pings.
  if (typeof target.url !== "string") secrets.hide(url.pathname + url.search);
  const headers = new Map<string, string>([["user-agent", "pbs-client"]]);
  for (const [name, value] of message.headers) headers.set(name, value);
  for (const [name, value] of target.headers) {
    headers.set(name, typeof value === "string" ? value : await secrets.resolve(value));
  }
  if (url.username !== "") {
    const login = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    const encoded = new TextEncoder().encode(login).toBase64();
    secrets.hide(encoded);
    headers.set("authorization", `Basic ${encoded}`);
  }
  if (target.token !== undefined) {
    const token = await secrets.resolve(target.token);
    if (target.template === "gotify") headers.set("x-gotify-key", token);
    else headers.set("authorization", `Bearer ${token}`);
  }
  return { method: target.method, url, headers: [...headers], body: message.body };
}

/** @throws {UsageError} without the text, which may be a secret, if it is no address. */
function addressOf(
  text: string,
  subject: Pick<AlertMessage, "what" | "name">,
  suffix: string,
): URL {
  const fields = {
    what: encodeURIComponent(subject.what),
    name: encodeURIComponent(subject.name),
  };
  const filled = fillTemplate(text, fields);
  if (!URL.canParse(filled) || !/^https?:/i.test(filled)) {
    throw new UsageError("the address of the webhook does not begin with http:// or https://");
  }
  const url = new URL(filled);
  if (suffix !== "" && !url.pathname.endsWith(suffix)) {
    url.pathname = url.pathname.replace(/\/$/, "") + suffix;
  }
  return url;
}

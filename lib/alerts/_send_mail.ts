import MailComposer from "nodemailer/lib/mail-composer";
import type { AlertMessage } from "./_alert_message.ts";
import type { MailTarget } from "./alert_target.ts";
import type { DeliveryContext } from "./_delivery_context.ts";
import { messageFields } from "./_message_fields.ts";
import type { Secrets } from "./_secrets.ts";
import { sendByProgram } from "./_send_by_program.ts";
import { sendBySmtp } from "./_send_by_smtp.ts";
import { withRetries } from "./_with_retries.ts";

/** Longest summary in a subject, characters. */
const MAX_SUBJECT = 160;

/**
 * Sends a message as mail.
 *
 * @returns Who does not get it, if somebody else does.
 * @throws {PbsError} if it was not taken by server or program in time.
 */
export async function sendMail(
  target: MailTarget,
  message: AlertMessage,
  context: DeliveryContext,
  secrets: Secrets,
): Promise<string | undefined> {
  const bytes = await composeMail(target, message, context.host);
  const { via } = target;
  return await withRetries(target, context.signal, async (signal) => {
    const parcel = { target, message: bytes, signal };
    if ("program" in via) return await sendByProgram(via.program, parcel);
    return await sendBySmtp(via, parcel, context.host, secrets);
  });
}

/** The bytes of a mail with all its headers. */
async function composeMail(
  target: MailTarget,
  message: AlertMessage,
  host: string,
): Promise<Uint8Array> {
  const fields = messageFields(message, host);
  const { outcome, title, summary, events, what, name } = message;
  const isOne = events.length === 1;
  const subject = `[pbs-client] ${outcome}: ${isOne ? `${title}: ${summary}` : title}`
    .replaceAll(/\s+/g, " ");
  const lines = [
    summary,
    "",
    `Outcome:  ${outcome}`,
    ...isOne ? [`What:     ${what} ${name}`] : [],
    `Host:     ${host}`,
    `Started:  ${fields["started"]}`,
    `Ended:    ${fields["ended"]} (${fields["seconds"]} s)`,
    ...fields["details"] === "" ? [] : ["", fields["details"]!],
    "",
  ];
  const composer = new MailComposer({
    from: { name: "pbs-client", address: target.sender },
    to: target.to.map((address) => ({ name: "", address })),
    subject: subject.length > MAX_SUBJECT ? `${subject.slice(0, MAX_SUBJECT)}...` : subject,
    date: new Date(),
    text: lines.join("\n"),
    headers: {
      // Nobody's holiday notice is to answer a program (RFC 3834).
      "Auto-Submitted": "auto-generated",
      ...outcome === "failed" ? { "X-Priority": "1", "Importance": "high" } : {},
    },
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return new Uint8Array(await composer.compile().build());
}

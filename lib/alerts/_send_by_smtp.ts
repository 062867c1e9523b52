import { Buffer } from "node:buffer";
import type { TLSSocket } from "node:tls";
import SMTPConnection from "nodemailer/lib/smtp-connection";
import { ConnectionError, PbsError, TrustError } from "../errors/mod.ts";
import { normalizeFingerprint, readAuthorities, systemAuthorities } from "../tls/mod.ts";
import type { SmtpServer } from "./alert_target.ts";
import type { MailParcel } from "./_mail_parcel.ts";
import type { Secrets } from "./_secrets.ts";

/** Failures that another try does not end: no STARTTLS, no certificate, no way to log in. */
const FINAL_CODES = ["ETLS", "ENOAUTH", "ECONFIG"];

const SPARE_MS = 1000;

interface NodemailerError extends Error {
  /** Whether the server said so with a code that is final. */
  readonly permanent?: boolean;
  readonly code?: string;
}

/**
 * Hands a mail to a server. The login is sent when the certificate was accepted, and never without TLS
 * where TLS was asked for.
 *
 * @param host Name of this machine, for the greeting.
 * @returns Who does not get it, if somebody else does.
 * @throws {ConnectionError} if the server cannot be reached, or does not take the mail now.
 * @throws {PbsError} if it never will.
 * @throws {TrustError} if its certificate is not the expected one.
 */
export async function sendBySmtp(
  server: SmtpServer,
  parcel: MailParcel,
  host: string,
  secrets: Secrets,
): Promise<string | undefined> {
  const { target, message, signal } = parcel;
  // Ours is over first, and says so.
  const limitMs = target.limitSeconds * 1000 + SPARE_MS;
  const password = server.login === undefined
    ? undefined
    : await secrets.resolve(server.login.password);
  const authorities = await authoritiesOf(server);
  const connection = new SMTPConnection({
    host: server.host.replaceAll(/[[\]]/g, ""),
    port: server.port,
    name: host,
    secure: server.security === "tls",
    requireTLS: server.security === "starttls",
    ignoreTLS: server.security === "none",
    connectionTimeout: limitMs,
    greetingTimeout: limitMs,
    socketTimeout: limitMs,
    socketCloseTimeout: 0,
    allowInternalNetworkInterfaces: true,
    tls: {
      rejectUnauthorized: server.fingerprint === undefined,
      ...authorities === undefined ? {} : { ca: authorities },
    },
  });
  const stop = () => connection.close();
  signal.addEventListener("abort", stop, { once: true });
  const name = `${server.host}:${server.port}`;
  try {
    // Errors of the connection come by event, whatever is under way.
    const broken = new Promise<never>((_, reject) => connection.once("error", reject));
    broken.catch(() => {});
    const step = <T>(start: (done: (error?: Error | null, result?: T) => void) => void) =>
      Promise.race([
        broken,
        new Promise<T | undefined>((resolve, reject) =>
          start((error, result) => error ? reject(error) : resolve(result))
        ),
      ]);
    await step<void>((done) => connection.connect(done));
    checkFingerprint(server, connection, name);
    if (server.login !== undefined && password !== undefined) {
      const { user } = server.login;
      secrets.hide(`\0${user}\0${password}`);
      await step((done) => connection.login({ user, pass: password }, done));
    }
    const envelope = { from: target.sender, to: [...target.to] };
    const result = await step<{ rejected: string[] }>((done) =>
      connection.send(envelope, Buffer.from(message), done)
    );
    connection.quit();
    const rejected = result?.rejected ?? [];
    if (rejected.length === 0) return undefined;
    return `mail server ${name} refuses mail for ${rejected.join(", ")}`;
  } catch (cause) {
    if (cause instanceof TrustError) throw cause;
    const { message: text, permanent, code } = cause as NodemailerError;
    const isFinal = permanent === true || FINAL_CODES.includes(code ?? "");
    const complaint = `mail server ${name}: ${text}`;
    throw isFinal ? new PbsError(complaint) : new ConnectionError(complaint);
  } finally {
    signal.removeEventListener("abort", stop);
    connection.on("error", () => {});
    connection.close();
  }
}

async function authoritiesOf(server: SmtpServer): Promise<string | undefined> {
  if (server.security === "none" || server.fingerprint !== undefined) return undefined;
  if (server.authoritiesFile === undefined) return await systemAuthorities();
  return await readAuthorities(server.authoritiesFile);
}

function checkFingerprint(server: SmtpServer, connection: SMTPConnection, name: string): void {
  if (server.fingerprint === undefined) return;
  const certificate = (connection._socket as TLSSocket).getPeerCertificate?.();
  const fingerprint = certificate?.fingerprint256;
  const shown = fingerprint === undefined ? "none" : normalizeFingerprint(fingerprint);
  if (shown === server.fingerprint) return;
  throw new TrustError(
    `certificate of ${name} has fingerprint ${shown}, not the expected ${server.fingerprint}`,
  );
}

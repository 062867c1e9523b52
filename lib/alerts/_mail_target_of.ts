import { secretReferenceOf } from "../secrets/mod.ts";
import type { ConfigTable } from "../tables/mod.ts";
import type { MailTarget, SmtpServer, TargetRules } from "./alert_target.ts";
import { trustOf } from "./_trust_of.ts";

const DEFAULT_PROGRAM = "/usr/sbin/sendmail";
const SUBMISSIONS_PORT = 465;
const SUBMISSION_PORT = 587;
const LOCAL_PORT = 25;
const MAX_RECIPIENTS = 50;
const LOOPBACK = /^(?:localhost|127\.[0-9.]+|\[?::1\]?)$/;
/** A host name or address, IPv6 in brackets, and possibly a port. */
const SERVER = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?$/;

/** The keys of a target that is mail. @throws {TableError} naming what is wrong. */
export function mailTargetOf(table: ConfigTable, rules: TargetRules): MailTarget {
  const to = table.required("to", table.texts("to"));
  if (to.length === 0 || to.length > MAX_RECIPIENTS) {
    table.fail("to", `must be one address or a list of up to ${MAX_RECIPIENTS}`);
  }
  for (const address of to) checkAddress(table, "to", address);
  const sender = table.line("sender") ?? "pbs-client@localhost";
  checkAddress(table, "sender", sender);
  const server = smtpServerOf(table);
  const program = table.line("sendmail");
  if (server !== undefined && program !== undefined) {
    table.fail("sendmail", 'only one of "smtp" and "sendmail" may be given');
  }
  if (program !== undefined && !program.startsWith("/")) {
    table.fail("sendmail", "must be the absolute path of a program");
  }
  return {
    ...rules,
    type: "mail",
    sender,
    to,
    via: server ?? { program: program ?? DEFAULT_PROGRAM },
  };
}

function smtpServerOf(table: ConfigTable): SmtpServer | undefined {
  const address = table.line("smtp");
  if (address === undefined) return undefined;
  const match = SERVER.exec(address);
  if (match === null) table.fail("smtp", "must be HOST or HOST:PORT");
  const host = match[1]!;
  const isLocal = LOOPBACK.test(host);
  const security = table.choice("security", ["tls", "starttls", "none"]) ??
    (Number(match[2]) === SUBMISSIONS_PORT ? "tls" : isLocal ? "none" : "starttls");
  const port = match[2] === undefined ? usualPort(security) : Number(match[2]);
  if (port < 1 || port > 65535) table.fail("smtp", "has no port from 1 to 65535");
  const user = table.line("user");
  const password = secretReferenceOf(table, "password");
  if (user !== undefined && password === undefined) {
    table.fail("user", 'needs a password: "password-file", "password-command" or …-credential');
  }
  if (user === undefined && password !== undefined) table.fail("user", "is missing");
  const trust = trustOf(table);
  if (security === "none") {
    if (user !== undefined && !isLocal) {
      table.fail("security", "a password is not sent without TLS, other than to this machine");
    }
    if (trust.fingerprint !== undefined || trust.authoritiesFile !== undefined) {
      table.fail("security", "without TLS there is no certificate to check");
    }
  }
  return {
    host,
    port,
    security,
    ...trust,
    login: user === undefined || password === undefined ? undefined : { user, password },
  };
}

function usualPort(security: SmtpServer["security"]): number {
  if (security === "tls") return SUBMISSIONS_PORT;
  return security === "starttls" ? SUBMISSION_PORT : LOCAL_PORT;
}

/** Nothing that could be taken for an option, a second address, or a header. */
function checkAddress(table: ConfigTable, key: string, address: string): void {
  if (
    !/^[A-Za-z0-9_+=.!#$%&'*/?^`{|}~][^\s<>(),;:\\"@]*@[A-Za-z0-9[][A-Za-z0-9.:\]-]*$/.test(address)
  ) {
    table.fail(key, `"${address}" is not an address of mail such as name@example.org`);
  }
}

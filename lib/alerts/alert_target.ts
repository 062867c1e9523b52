import type { SecretReference } from "../secrets/mod.ts";

/** Rules of every target. */
export interface TargetRules {
  /** The name by which jobs refer to it. */
  readonly name: string;
  /** The mildest outcome that is told; a milder one counts as ok. */
  readonly from: "warnings" | "failed";
  /** Every event is told, not only changes of state. */
  readonly always: boolean;
  /** Time after which a state that is not ok is told again, seconds. */
  readonly remindSeconds?: number | undefined;
  /** Time for one try, seconds. */
  readonly limitSeconds: number;
  /** Further tries after one that failed for a passing reason. */
  readonly retries: number;
}

/** The certificate that is accepted, for connections with TLS. */
export interface TargetTrust {
  /** SHA-256 of the certificate; nothing else is accepted then. */
  readonly fingerprint?: string | undefined;
  /** File of PEM certificates of authorities, in place of the system's. */
  readonly authoritiesFile?: string | undefined;
}

/** A server that takes mail. */
export interface SmtpServer extends TargetTrust {
  readonly host: string;
  readonly port: number;
  /** Whether TLS is there from the start, follows by STARTTLS without exception, or is not used. */
  readonly security: "tls" | "starttls" | "none";
  readonly login?: { readonly user: string; readonly password: SecretReference } | undefined;
}

/** People that get mail. */
export interface MailTarget extends TargetRules {
  readonly type: "mail";
  readonly sender: string;
  readonly to: readonly string[];
  /** A server, or the path of a program that is called like `sendmail`. */
  readonly via: SmtpServer | { readonly program: string };
}

/** A value in a message, or where the secret is that takes its place. */
export type HeaderValue = string | SecretReference;

/** An address that gets an HTTP request. */
export interface WebhookTarget extends TargetRules, TargetTrust {
  readonly type: "webhook";
  readonly template: "ntfy" | "gotify" | "healthchecks" | "json" | "text";
  readonly method: "POST" | "PUT" | "GET";
  /** The address, or where it is if it is a secret. */
  readonly url: string | SecretReference;
  readonly headers: ReadonlyMap<string, HeaderValue>;
  /** A token, sent in the header that the service expects. */
  readonly token?: SecretReference | undefined;
  /** The text with `{fields}` of the template `text`. */
  readonly body?: string | undefined;
}

/** A file of metrics for the text file collector of a node exporter. */
export interface TextfileTarget extends TargetRules {
  readonly type: "textfile";
  readonly path: string;
}

/** The place where messages go. */
export type AlertTarget = MailTarget | WebhookTarget | TextfileTarget;

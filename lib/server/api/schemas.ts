import { parseCalendarEvent } from "../../calendar/mod.ts";
import { MAX_ENCODED_CHUNK_BYTES } from "../../blob/mod.ts";
import { BACKUP_TYPES, isAuthIdText, namespaceComponents } from "../../repository/mod.ts";
import { optional, type ParameterSchema, type ParameterSchemas } from "./parameter_schema.ts";

const SAFE = "[A-Za-z0-9_][A-Za-z0-9._\\-]*";
const SAFE_ID = new RegExp(`^${SAFE}$`);
const NAMESPACE = new RegExp(`^(?:${SAFE}(?:/${SAFE})*)?$`);
const USER_ID = new RegExp(`^[^\\s:/\\x00-\\x1f\\x7f]+@${SAFE}$`, "u");
const NODE =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?\.)*[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?$/;

/** Name of a datastore (this and the following: spec: protocol.md §0). */
export const STORE: ParameterSchema = {
  kind: "string",
  minLength: 3,
  maxLength: 32,
  pattern: SAFE_ID,
};

/** A namespace; the empty text is the root. */
export const NAMESPACE_SCHEMA: ParameterSchema = {
  kind: "string",
  maxLength: 256,
  pattern: NAMESPACE,
  refuse: (text) => {
    try {
      namespaceComponents(text);
      return text.split("/").some((name) => name.length > 255)
        ? "a component of the namespace is too long"
        : undefined;
    } catch {
      return `invalid value: "${text}", expected valid backup namespace`;
    }
  },
};

/** The optional `ns` of most calls. */
export const NS: ParameterSchema = optional(NAMESPACE_SCHEMA);

/** A backup type that is looked at after all other parameters. */
export const BACKUP_TYPE: ParameterSchema = {
  kind: "string",
  refuse: (text) =>
    (BACKUP_TYPES as readonly string[]).includes(text)
      ? undefined
      : `unknown backup type "${text}", expected one of "vm", "ct", "host"`,
};

export const BACKUP_ID: ParameterSchema = { kind: "string", pattern: SAFE_ID };
export const BACKUP_TIME: ParameterSchema = { kind: "integer", minimum: 1 };
export const FILE_NAME: ParameterSchema = { kind: "string", pattern: SAFE_ID };
export const NODE_NAME: ParameterSchema = { kind: "string", pattern: NODE };
export const TEXT: ParameterSchema = { kind: "string" };
export const BOOLEAN: ParameterSchema = { kind: "boolean" };
export const DIGEST: ParameterSchema = { kind: "string", pattern: /^[0-9a-f]{64}$/ };
export const USER: ParameterSchema = {
  kind: "string",
  minLength: 3,
  maxLength: 64,
  pattern: USER_ID,
};
export const AUTH_ID: ParameterSchema = {
  kind: "string",
  minLength: 3,
  maxLength: 64,
  refuse: (text) => isAuthIdText(text) ? undefined : `"${text}" is not an auth id`,
};
export const UPID: ParameterSchema = { kind: "string", minLength: 36, maxLength: 4096 };
export const ACL_PATH: ParameterSchema = {
  kind: "string",
  maxLength: 1024,
  pattern: new RegExp(`^(?:/|(?:/${SAFE})+)$`),
};

/** The parameters that name a group. */
export const GROUP: ParameterSchemas = { "backup-type": BACKUP_TYPE, "backup-id": BACKUP_ID };
/** The parameters that name a snapshot. */
export const SNAPSHOT: ParameterSchemas = { ...GROUP, "backup-time": BACKUP_TIME };

/** The parameters that say what prune keeps. */
export const KEEP: ParameterSchemas = Object.fromEntries(
  ["last", "hourly", "daily", "weekly", "monthly", "yearly"].map((rule) => [
    `keep-${rule}`,
    { kind: "integer", minimum: 1, optional: true } as const,
  ]),
);

/** When something happens. */
export const CALENDAR_EVENT: ParameterSchema = {
  kind: "string",
  refuse: parsedBy(parseCalendarEvent),
};

/** A comment of one line. */
export const COMMENT: ParameterSchema = {
  kind: "string",
  maxLength: 128,
  // deno-lint-ignore no-control-regex -- a line break would be a line of the configuration.
  pattern: /^[^\x00-\x1f\x7f]*$/,
  optional: true,
};

/** A rule for texts that something else reads. */
export function parsedBy(parse: (text: string) => unknown): (text: string) => string | undefined {
  return (text) => {
    try {
      parse(text);
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  };
}

/** Length of an encoded blob or chunk. */
export function encodedSize(minimum: number): ParameterSchema {
  return { kind: "integer", minimum, maximum: MAX_ENCODED_CHUNK_BYTES };
}

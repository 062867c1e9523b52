import { parseCalendarEvent } from "../../calendar/mod.ts";
import type { ParameterSchema } from "../api/mod.ts";

/** Name of a job. */
export const JOB_ID: ParameterSchema = {
  kind: "string",
  minLength: 3,
  maxLength: 32,
  pattern: /^[A-Za-z0-9_][A-Za-z0-9._-]*$/,
};

/** When a job runs. */
export const CALENDAR_EVENT: ParameterSchema = {
  kind: "string",
  refuse: (text) => {
    try {
      parseCalendarEvent(text);
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  },
};

/** A remark of one line. */
export const COMMENT: ParameterSchema = {
  kind: "string",
  maxLength: 128,
  // deno-lint-ignore no-control-regex -- a line break would be a line of the configuration.
  pattern: /^[^\x00-\x1f\x7f]*$/,
  optional: true,
};

/** Levels of namespaces below one. */
export const MAX_DEPTH: ParameterSchema = {
  kind: "integer",
  minimum: 0,
  maximum: 7,
  optional: true,
};

/** How much is done at a time. */
export const THREADS: ParameterSchema = {
  kind: "integer",
  minimum: 1,
  maximum: 32,
  optional: true,
};

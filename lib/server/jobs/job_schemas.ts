import type { ParameterSchema } from "../api/mod.ts";

/** Name of a job. */
export const JOB_ID: ParameterSchema = {
  kind: "string",
  minLength: 3,
  maxLength: 32,
  pattern: /^[A-Za-z0-9_][A-Za-z0-9._-]*$/,
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

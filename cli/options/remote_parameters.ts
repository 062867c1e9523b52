import type { Parameter } from "../command.ts";
import { COMMENT_OPTION } from "./job_parameters.ts";

/** Another server, by the name that it has here. */
export const REMOTE_ARGUMENT: Parameter = {
  name: "name",
  type: { kind: "string" },
  required: true,
  description: "Name of the other server here.",
};

/** Properties of another server but the password. */
export const REMOTE_OPTIONS: readonly Parameter[] = [
  {
    name: "host",
    type: { kind: "string" },
    description: "Its name or address.",
  },
  {
    name: "port",
    type: { kind: "integer", minimum: 0, maximum: 65535 },
    description: "Its port; 8007 if absent.",
  },
  {
    name: "auth-id",
    type: { kind: "string" },
    description: "User or API token there.",
  },
  {
    name: "fingerprint",
    type: { kind: "string" },
    description: "SHA-256 fingerprint of its certificate, if no authority vouches for it.",
  },
  COMMENT_OPTION,
];

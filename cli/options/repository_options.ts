import {
  AUTH_ID_FORMAT,
  NAMESPACE_FORMAT,
  REPOSITORY_FORMAT,
  SAFE_FORMAT,
  SERVER_FORMAT,
} from "../arguments/value_formats.ts";
import type { Parameter } from "../command.ts";

/** Options of every command that uses a repository (spec: cli.md §2.2). */
export const REPOSITORY_OPTIONS: readonly Parameter[] = [
  {
    name: "repository",
    type: { kind: "string", format: REPOSITORY_FORMAT },
    completion: "repository",
    description: "Repository: the path of a datastore directory, with a slash in it, " +
      "s3:https://HOST/BUCKET/DATASTORE, or [[auth-id@]server[:port]:]datastore; over vsock the " +
      "server is [vsock:CID].",
  },
  {
    name: "server",
    type: { kind: "string", maxLength: 256, format: SERVER_FORMAT },
    default: "localhost",
    description: "Host name or IP address of the server, or vsock:CID. Excludes --repository.",
  },
  {
    name: "port",
    type: { kind: "integer", minimum: 1, maximum: 65535 },
    default: 8007,
    description: "Port of the server. Excludes --repository.",
  },
  {
    name: "datastore",
    type: { kind: "string", minLength: 3, maxLength: 32, format: SAFE_FORMAT },
    description: "Datastore of the server. Excludes --repository.",
  },
  {
    name: "auth-id",
    type: { kind: "string", minLength: 3, maxLength: 64, format: AUTH_ID_FORMAT },
    default: "root@pam",
    description: "User or API token to log in with. Excludes --repository.",
  },
];

/** Namespace the command works in. */
export const NAMESPACE_OPTION: Parameter = {
  name: "ns",
  type: { kind: "string", maxLength: 256, format: NAMESPACE_FORMAT },
  completion: "namespace",
  description: "Namespace; empty for the root.",
};

/** Namespace that something is moved to. */
export const TARGET_NAMESPACE_OPTION: Parameter = {
  ...NAMESPACE_OPTION,
  name: "target-ns",
  required: true,
};

/** Repository and namespace. */
export const TARGET_OPTIONS: readonly Parameter[] = [...REPOSITORY_OPTIONS, NAMESPACE_OPTION];

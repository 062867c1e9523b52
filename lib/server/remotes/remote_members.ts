import type { RemoteConfig } from "./remote_config.ts";

/** Members of a remote as lists show it: everything but its password. */
export function remoteMembers(remote: RemoteConfig): Record<string, unknown> {
  const { name, host, port, authId, fingerprint, comment } = remote;
  return {
    name,
    host,
    ...port === undefined ? {} : { port },
    "auth-id": authId,
    ...fingerprint === undefined ? {} : { fingerprint },
    ...comment === undefined ? {} : { comment },
  };
}

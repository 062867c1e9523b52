import type { RateLimit } from "../../duplex/mod.ts";
import { openRemoteRepository, type RemoteRepository } from "../../remote/mod.ts";
import type { RemoteConfig } from "./remote_config.ts";

/** Limits of what is exchanged with a remote, each direction for itself. */
export interface RemoteLimits {
  readonly incoming?: RateLimit | undefined;
  readonly outgoing?: RateLimit | undefined;
}

/**
 * Opens a datastore of a remote. Nothing that it needs to know is remembered anywhere, and there is
 * nobody to ask: a certificate has to have its fingerprint, or an authority of the system behind it.
 *
 * @param store Empty for calls that are about none.
 */
export async function openRemote(
  { host, port, authId, password, fingerprint }: RemoteConfig,
  store: string,
  { incoming, outgoing }: RemoteLimits = {},
): Promise<RemoteRepository> {
  const isAddress = host.includes(":") && !host.startsWith("[");
  return await openRemoteRepository({
    address: {
      kind: "server",
      authId,
      host: isAddress ? `[${host}]` : host,
      ...port === undefined ? {} : { port },
      datastore: store,
    },
    password,
    ...fingerprint === undefined ? {} : { fingerprint },
    ...incoming === undefined ? {} : { incomingLimit: incoming },
    ...outgoing === undefined ? {} : { outgoingLimit: outgoing },
  });
}

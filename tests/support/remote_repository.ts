import {
  openRemoteRepository,
  type RemoteRepository,
  type RemoteRepositoryOptions,
} from "../../lib/remote/mod.ts";
import { TestServer } from "./test_server.ts";

/** What a client needs to reach a test server; as its administrator unless told otherwise. */
export function remoteOptions(
  server: TestServer,
  options: Partial<RemoteRepositoryOptions> & {
    readonly authId?: string;
    readonly datastore?: string;
  } = {},
): RemoteRepositoryOptions {
  const { authId = "admin@pbs", datastore = "store1", ...rest } = options;
  return {
    address: { kind: "server", authId, host: "127.0.0.1", port: server.port, datastore },
    password: authId.includes("!") ? "a secret" : "a password",
    fingerprint: server.certificate.fingerprint,
    timeouts: { taskPollMs: 10 },
    ...rest,
  };
}

/** Runs `body` on an empty datastore of a server of its own, both of which vanish afterwards. */
export async function withRemoteRepository(
  body: (repository: RemoteRepository, server: TestServer) => Promise<void>,
): Promise<void> {
  await using server = await TestServer.start();
  await using repository = await openRemoteRepository(remoteOptions(server));
  await body(repository, server);
}

import { openRemoteRepository, type RemoteRepository } from "../../../lib/remote/mod.ts";
import type { ServerProcess } from "../../support/server_process.ts";

/** Opens the datastore of a server as its administrator. @param password That which it printed first. */
export async function withServedRepository(
  server: ServerProcess,
  body: (repository: RemoteRepository) => Promise<void>,
  password = server.clientEnvironment.PBS_PASSWORD ?? "",
): Promise<void> {
  const { PBS_REPOSITORY = "", PBS_FINGERPRINT = "" } = server.clientEnvironment;
  await using repository = await openRemoteRepository({
    address: {
      kind: "server",
      authId: PBS_REPOSITORY.slice(0, PBS_REPOSITORY.lastIndexOf("@")),
      host: "127.0.0.1",
      port: server.port,
      datastore: "store1",
    },
    password,
    fingerprint: PBS_FINGERPRINT,
    timeouts: { taskPollMs: 10 },
  });
  await body(repository);
}

import { testWithPeers } from "../with_peers.ts";
import { S3_SERVER_KINDS, S3Server, type S3ServerOptions } from "./s3_server.ts";

/**
 * Registers a test once for every kind of S3 server, each started anew with an empty bucket.
 *
 * @param name The test's sentence.
 * @param run The test.
 */
export function testWithS3Servers(
  name: string,
  run: (server: S3Server) => Promise<void>,
  options: Omit<S3ServerOptions, "kind"> = {},
): void {
  for (const kind of S3_SERVER_KINDS) {
    testWithPeers(`${name} (${kind})`, [kind], async () => {
      await using server = await S3Server.start({ ...options, kind });
      await run(server);
    });
  }
}

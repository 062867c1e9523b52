import { assert, assertEquals, assertMatch } from "@std/assert";
import { runInProcess } from "../support/cli_in_process.ts";
import { ConnectProxy } from "../support/connect_proxy.ts";
import { S3Server } from "../support/s3/s3_server.ts";
import { testWithPeers } from "../support/with_peers.ts";

testWithPeers(
  "a bucket is reached through the proxy that the environment names, unless NO_PROXY does",
  ["versitygw"],
  async () => {
    await using server = await S3Server.start({ bucket: "backups" });
    await using proxy = new ConnectProxy();
    const { port = 0, accessKey, secretKey, fingerprint } = server.options;
    const target = `127.0.0.1:${port}`;
    const keys = {
      PBS_REPOSITORY: `s3:https://${target}/backups/tank`,
      PBS_FINGERPRINT: fingerprint!,
      PBS_S3_ACCESS_KEY: accessKey,
      PBS_S3_SECRET_KEY: secretKey,
    };
    const HTTPS_PROXY = `http://u:p@127.0.0.1:${proxy.port}`;
    const made = await runInProcess(["datastore", "init", keys.PBS_REPOSITORY], {
      ...keys,
      HTTPS_PROXY,
    });
    assertEquals(made.code, 0, made.stderr);
    assertMatch(made.stderr, /Using proxy connection: 127\.0\.0\.1:/);
    assertEquals([...new Set(proxy.tunnels)], [`u:p@${target}`]);
    assert(!made.stderr.includes("u:p"), made.stderr);
    proxy.tunnels.length = 0;
    const listed = await runInProcess(["list"], { ...keys, HTTPS_PROXY, NO_PROXY: "127.0.0.1" });
    assertEquals(listed.code, 0, listed.stderr);
    assertEquals(proxy.tunnels, []);
  },
);

// /metrics, read by the parsers of the formats: values, who sees what, and who does not.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { METRICS_PEERS, parseMetrics } from "../support/parse_metrics.ts";
import { runRemoteOk } from "../support/remote_command.ts";
import { TestServer } from "../support/test_server.ts";
import { testWithPeers } from "../support/with_peers.ts";

const ACCOUNTS = {
  accounts: ["admin@pbs", "admin@pbs!ci", "site@pbs", "site@pbs!t", "nobody@pbs", "nobody@pbs!t"]
    .map((authId) => ({ authId, enabled: true, expire: 0 })),
  rules: [
    { path: "/", authId: "admin@pbs", roles: ["Admin"], propagate: true },
    { path: "/", authId: "admin@pbs!ci", roles: ["Admin"], propagate: true },
    ...["site@pbs", "site@pbs!t"].map((authId) => ({
      path: "/datastore/store1/site",
      authId,
      roles: ["DatastoreAudit"],
      propagate: true,
    })),
  ],
  secrets: { "admin@pbs!ci": "a secret", "site@pbs!t": "b", "nobody@pbs!t": "c" },
};

async function scrape(
  server: TestServer,
  credentials?: string,
  accept = "application/openmetrics-text; version=1.0.0",
): Promise<{ status: number; type: string; text: string }> {
  const client = await server.connect();
  try {
    const response = await client.request({
      method: "GET",
      path: "/metrics",
      headers: [
        ["accept", accept],
        ...credentials === undefined
          ? []
          : [["authorization", `PBSAPIToken ${credentials}`] as const],
      ],
    });
    return {
      status: response.status,
      type: response.headers.get("content-type") ?? "",
      text: await response.body.text(1_000_000),
    };
  } finally {
    client.abort();
  }
}

async function backUp(server: TestServer, id: string, ns: string, time: number): Promise<void> {
  await Deno.mkdir(`${server.dir.path}/tree`, { recursive: true });
  await runRemoteOk(server, [
    ...["backup", `a.pxar:${server.dir.path}/tree`, `--backup-id=${id}`, `--ns=${ns}`],
    `--backup-time=${time}`,
  ]);
}

testWithPeers("collectors read the metrics of a server", METRICS_PEERS, async () => {
  await using server = await TestServer.start({ accounts: ACCOUNTS });
  await runRemoteOk(server, ["namespace", "create", "site"]);
  await backUp(server, "web", "", 1_700_000_000);
  await backUp(server, "web", "", 1_700_003_600);
  await backUp(server, "db", "site", 1_700_007_200);
  await runRemoteOk(server, ["garbage-collect"]);
  await runRemoteOk(server, ["datastore", "verify"]);
  await server.server.state.tasks.idle();

  const { status, type, text } = await scrape(server, "admin@pbs!ci:a secret");
  assertEquals([status, type], [200, "application/openmetrics-text; version=1.0.0; charset=utf-8"]);
  assert(text.endsWith("# EOF\n"));
  const families = await parseMetrics(text, "openmetrics");
  const values = (name: string) =>
    families[name]?.samples.map(([, labels, value]) => [...Object.values(labels), value]);
  assertEquals(values("pbs_datastore_groups"), [["store1", 2]]);
  assertEquals(values("pbs_datastore_snapshots"), [["store1", 3]]);
  assertEquals(values("pbs_datastore_up"), [["store1", 1]]);
  assertEquals(values("pbs_group_newest_snapshot_timestamp_seconds"), [
    ["store1", "", "host/web", 1_700_003_600],
    ["store1", "site", "host/db", 1_700_007_200],
  ]);
  assertEquals(values("pbs_group_snapshots"), [["store1", "", "host/web", 2], [
    "store1",
    "site",
    "host/db",
    1,
  ]]);
  for (const name of ["size", "used", "available", "gc_disk"]) {
    const [, value] = values(`pbs_datastore_${name}_bytes`)![0]!;
    assert(Number(value) > 0, name);
    assertEquals(families[`pbs_datastore_${name}_bytes`]!.unit, "bytes");
  }
  assertEquals(
    values("pbs_task_last_outcome")?.toSorted(),
    [["store1", "backup", 0], ["store1", "gc", 0], ["store1", "verify", 0]],
  );
  const requests = families["pbs_http_requests"];
  assertEquals(requests?.type, "counter");
  assert(
    requests!.samples.some(([name, labels, value]) =>
      name === "pbs_http_requests_total" && labels["method"] === "POST" && value > 0
    ),
  );
  for (const { help } of Object.values(families)) assertMatch(help, /\.$/);

  const older = await scrape(server, "admin@pbs!ci:a secret", "*/*");
  assertEquals(older.type, "text/plain; version=0.0.4; charset=utf-8");
  const olderFamilies = await parseMetrics(older.text, "prometheus");
  assertEquals(olderFamilies["pbs_datastore_groups"]?.samples.length, 1);

  const site = await scrape(server, "site@pbs!t:b");
  const siteFamilies = await parseMetrics(site.text, "openmetrics");
  assertEquals(Object.keys(siteFamilies).toSorted(), [
    "pbs_group_newest_snapshot_timestamp_seconds",
    "pbs_group_snapshots",
  ]);
  assert(!site.text.includes("host/web"));

  assertEquals((await scrape(server)).status, 401);
  assertEquals((await scrape(server, "admin@pbs!ci:wrong")).status, 401);
  assertEquals((await scrape(server, "nobody@pbs!t:c")).status, 403);
});

testWithPeers("a datastore that is not there leaves the other metrics", METRICS_PEERS, async () => {
  await using server = await TestServer.start({
    datastores: (path) => [{ name: "store1", path }, { name: "gone", path: `${path}-gone` }],
  });
  const { text } = await scrape(server, "admin@pbs!ci:a secret");
  const families = await parseMetrics(text, "openmetrics");
  assertEquals(
    families["pbs_datastore_up"]?.samples.map(([, { datastore }, value]) => [datastore, value]),
    [["gone", 0], ["store1", 1]],
  );
  assertEquals(families["pbs_datastore_size_bytes"]?.samples.length, 1);
});

import { assertEquals, assertStringIncludes } from "@std/assert";
import { statPath } from "../../ffi/posix_files.ts";
import { ADMINISTRATOR, TestServer } from "../support/test_server.ts";

const ENDPOINT = {
  "id": "here",
  "endpoint": "127.0.0.1",
  "port": 7443,
  "access-key": "an-access-key",
  "secret-key": "a very secret key",
  "path-style": true,
  "provider-quirks": ["skip-if-none-match-header", "delete-objects-via-delete-object"],
  "rate-in": "10MiB",
};

/** A call that has to succeed; its data. */
async function done(
  server: TestServer,
  method: "GET" | "POST" | "PUT" | "DELETE",
  path: string,
  members?: Readonly<Record<string, unknown>>,
) {
  const { status, text } = await server.call(method, path, undefined, members);
  assertEquals(status, 200, text);
  return JSON.parse(text);
}

Deno.test("S3 endpoints are created, shown without their secrets, changed and removed", async () => {
  await using server = await TestServer.start({ configured: true });
  await done(server, "POST", "config/s3", ENDPOINT);
  const { "secret-key": _, ...shown } = ENDPOINT;
  const { data: [listed] } = await done(server, "GET", "config/s3");
  assertEquals(listed, shown);
  const { data, digest } = await done(server, "GET", "config/s3/here");
  assertEquals(data, shown);
  const path = `${server.dir.path}/config/s3.cfg`;
  assertStringIncludes(
    await Deno.readTextFile(path),
    "\tprovider-quirks skip-if-none-match-header\n" +
      "\tprovider-quirks delete-objects-via-delete-object\n",
  );
  const stat = statPath(path);
  if (typeof stat === "number") throw new Error("there is no file");
  assertEquals(stat.mode & 0o137, 0);
  // The reference says that it has set this, and has not.
  await done(server, "PUT", "config/s3/here", {
    "put-rate-limit": 20,
    "region": "eu-1",
    "provider-quirks": ["skip-if-none-match-header"],
    "delete": ["rate-in"],
    digest,
  });
  const changed = (await done(server, "GET", "config/s3/here")).data;
  const { "rate-in": _rate, ...others } = shown;
  assertEquals(changed, {
    ...others,
    "put-rate-limit": 20,
    "region": "eu-1",
    "provider-quirks": ["skip-if-none-match-header"],
  });
  await done(server, "PUT", "config/s3/here", { "delete": ["put-rate-limit"] });
  assertEquals((await done(server, "GET", "config/s3/here")).data["put-rate-limit"], undefined);
  const stale = await server.call("PUT", "config/s3/here", undefined, { port: 1, digest });
  assertStringIncludes(stale.text, "detected modified configuration");
  const required = await server.call("PUT", "config/s3/here", undefined, {
    "delete": ["secret-key"],
  });
  assertEquals(required.text, 'cannot remove "secret-key"');
  await Deno.writeTextFile(
    `${server.dir.path}/config/server.cfg`,
    `datastore: far\n\tpath ${server.dir.path}/cache\n\tbackend s3,client=here,bucket=bkt\n`,
  );
  const used = await server.call("DELETE", "config/s3/here");
  assertEquals([used.status, used.text], [400, "in-use by datastore far"]);
  await Deno.writeTextFile(`${server.dir.path}/config/server.cfg`, "");
  await done(server, "DELETE", "config/s3/here");
  assertEquals((await done(server, "GET", "config/s3")).data, []);
  assertEquals((await server.call("GET", "config/s3/here")).status, 400);
});

Deno.test("S3 endpoints are for those who may audit and modify the system", async () => {
  await using server = await TestServer.start({
    configured: true,
    accounts: {
      accounts: [
        ...ADMINISTRATOR.accounts,
        { authId: "joe@pbs", enabled: true, expire: 0 },
        { authId: "joe@pbs!t", enabled: true, expire: 0 },
      ],
      rules: [
        ...ADMINISTRATOR.rules,
        ...["joe@pbs", "joe@pbs!t"].map((authId) => (
          { path: "/system/s3-endpoint/one", authId, roles: ["Audit"], propagate: true }
        )),
      ],
      secrets: { ...ADMINISTRATOR.secrets, "joe@pbs!t": "a secret" },
    },
  });
  for (const id of ["one", "two"]) await done(server, "POST", "config/s3", { ...ENDPOINT, id });
  const joe = "joe@pbs!t:a secret";
  const { data } = JSON.parse((await server.call("GET", "config/s3", joe)).text);
  assertEquals(data.map(({ id }: { id: string }) => id), ["one"]);
  assertEquals((await server.call("GET", "config/s3/one", joe)).status, 200);
  const refused: readonly ["GET" | "POST" | "PUT" | "DELETE", string, Record<string, unknown>?][] =
    [
      ["GET", "config/s3/two"],
      ["PUT", "config/s3/one", { port: 1 }],
      ["DELETE", "config/s3/one"],
      ["POST", "config/s3", { ...ENDPOINT, id: "three" }],
      ["GET", "config/s3/one/list-buckets"],
      ["PUT", "admin/s3/one/check", { bucket: "bkt" }],
      ["PUT", "admin/s3/one/reset-counters", { bucket: "bkt" }],
      ["POST", "config/datastore", { name: "new", path: "/nowhere" }],
      ["DELETE", "config/datastore/store1"],
      ["PUT", "admin/datastore/store1/s3-refresh"],
    ];
  for (const [method, path, members] of refused) {
    const { status } = await server.call(method, path, joe, members);
    assertEquals(status, 403, `${method} ${path}`);
  }
});

Deno.test("what no S3 endpoint can be is refused, and not a word of the secret is in the refusal", async () => {
  await using server = await TestServer.start({ configured: true });
  const wrong: Readonly<Record<string, unknown>>[] = [
    { endpoint: "https://127.0.0.1" },
    { endpoint: "127.0.0.1/path" },
    { endpoint: "host:9000x" },
    { endpoint: "{{bucket}}host" },
    { endpoint: "-a" },
    { port: 65536 },
    { region: "EU" },
    { fingerprint: "5C:79" },
    { "provider-quirks": ["none"] },
    { "put-rate-limit": 0 },
    { "rate-in": "fast" },
    { "secret-key": "a very secret key\nport 1" },
    { "secret-key": " a very secret key" },
    { id: "no" },
    { "unknown": 1 },
  ];
  for (const each of wrong) {
    const { status, text } = await server.call("POST", "config/s3", undefined, {
      ...ENDPOINT,
      ...each,
    });
    assertEquals(status, 400, JSON.stringify(each));
    assertEquals(text.includes("very secret"), false, text);
  }
  assertEquals((await done(server, "GET", "config/s3")).data, []);
  for (const endpoint of ["{{bucket}}.s3.{{region}}.example.com", "fe80::1", "localhost"]) {
    const id = `good${endpoint.length}`;
    await done(server, "POST", "config/s3", { ...ENDPOINT, id, endpoint });
  }
});

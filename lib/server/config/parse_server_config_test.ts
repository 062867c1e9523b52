import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../errors/mod.ts";
import { parseListenAddress, parseServerConfig } from "./parse_server_config.ts";

const TEXT = `
# a comment
server: this
	listen [::1]:9000

datastore: store1
	path /srv/backup
	comment all of it
	verify-new true
	maintenance-mode read-only,message=moving, soon

user: joe@pbs
	enable false

token: joe@pbs!ci

acl: /datastore/store1
	joe@pbs DatastoreBackup,DatastoreAudit
	joe@pbs!ci DatastoreBackup here-only
`;

Deno.test("a configuration says where to listen, what to serve and who may do what", () => {
  const config = parseServerConfig(TEXT, "server.cfg");
  assertEquals(config.listen, { kind: "tcp", host: "::1", port: 9000 });
  assertEquals(config.datastores[0]!.maintenance, { type: "read-only", message: "moving, soon" });
  assertEquals(config.datastores[0]!.comment, "all of it");
  assertEquals(config.accounts.map(({ authId, enabled }) => [authId, enabled]), [
    ["joe@pbs", false],
    ["joe@pbs!ci", true],
  ]);
  assertEquals(config.rules.map(({ roles, propagate }) => [roles, propagate]), [
    [["DatastoreBackup", "DatastoreAudit"], true],
    [["DatastoreBackup"], false],
  ]);
});

Deno.test("mistakes in a configuration are named with their line", () => {
  for (
    const [text, message] of [
      ["path /x", "line 1"],
      ["datastore: ab\n\tpath /x", "3 to 32"],
      ["datastore: abc\n\tpath x", "not absolute"],
      ["datastore: abc\n\tpath /x\n\tpath /y", "twice"],
      ["\nuser: joe", `line 2: user "joe"`],
      ["acl: /\n\tjoe@pbs Emperor", `no role "Emperor"`],
      ["user: a@pbs\n\nuser: a@pbs", "defined twice"],
      ["what: x", "unknown kind"],
      ["server: x\n\tlisten 1", "not an address"],
      ["server: x\n\tport 1", `unknown property "port"`],
    ] as const
  ) assertThrows(() => parseServerConfig(text, "server.cfg"), UsageError, message);
  assertThrows(() => parseListenAddress("localhost:70000"), UsageError);
});

Deno.test("a server listens on vsock if the address says so", () => {
  assertEquals(parseListenAddress("vsock:8007"), { kind: "vsock", port: 8007 });
  assertEquals(parseListenAddress("vsock.example:1"), {
    kind: "tcp",
    host: "vsock.example",
    port: 1,
  });
  assertEquals(
    parseServerConfig("server: x\n\tlisten vsock:807\n", "server.cfg").listen,
    { kind: "vsock", port: 807 },
  );
  for (const text of ["vsock", "vsock:", "vsock:0", "vsock:65536", "vsock:2:8007", "[vsock:2]:8"]) {
    assertThrows(() => parseListenAddress(text), UsageError, undefined, text);
  }
});

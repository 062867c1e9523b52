import { assertEquals, assertStringIncludes } from "@std/assert";
import { TestServer } from "../support/test_server.ts";

Deno.test("a name is not taken for the reason why a snapshot cannot be removed", async () => {
  await using server = await TestServer.start();
  const client = await server.connect();
  const response = await client.request({
    method: "DELETE",
    path: "/api2/json/admin/datastore/store1/snapshots" +
      "?backup-type=host&backup-id=protected&backup-time=1700000000",
    headers: [["cookie", `PBSAuthCookie=${server.access.signer.createTicket("admin@pbs")}`], [
      "csrfpreventiontoken",
      server.access.signer.createCsrfToken("admin@pbs"),
    ]],
  });
  const text = await response.body.text(10_000);
  client.abort();
  assertEquals(response.status, 400);
  assertStringIncludes(text, "host/protected/2023-11-14T22:13:20Z");
});

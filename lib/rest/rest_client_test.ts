import { assert, assertEquals, assertRejects } from "@std/assert";
import { ConnectionError, CorruptDataError, ServerError } from "../errors/mod.ts";
import { serveConnection } from "../http1/mod.ts";
import { Http2Client, Http2Server } from "../http2/mod.ts";
import { type Duplex, memoryDuplexPair } from "../duplex/mod.ts";
import type { IncomingRequest, OutgoingResponse, RequestHandler } from "../http/mod.ts";
import { apiTokenFields, ticketFields } from "./authentication.ts";
import { jsonRequest } from "./api_request.ts";
import { readApiResult } from "./api_response.ts";
import { RestClient, type RestClientOptions } from "./rest_client.ts";

const encode = (text: string) => new TextEncoder().encode(text);

function answer(data: unknown, more: Record<string, unknown> = {}): OutgoingResponse {
  return { status: 200, body: encode(JSON.stringify({ data, ...more })) };
}

function clientOf(
  handler: RequestHandler,
  options: Partial<RestClientOptions> = {},
): { client: RestClient; connections: Duplex[] } {
  const connections: Duplex[] = [];
  const client = new RestClient({
    connect: () => {
      const [left, right] = memoryDuplexPair();
      serveConnection(right, handler);
      connections.push(right);
      return Promise.resolve(left);
    },
    authority: "localhost:8007",
    ...options,
  });
  return { client, connections };
}

Deno.test("parameters go where the method wants them, on one kept connection", async () => {
  const seen: unknown[] = [];
  const { client, connections } = clientOf(async (request) => {
    seen.push([
      request.method,
      request.target,
      request.headers.get("content-type"),
      await request.body.text(1000),
    ]);
    return answer(seen.length, { total: 7 });
  });
  const form = "application/x-www-form-urlencoded";
  const parameters = { "backup-id": "a b", ns: undefined, flag: true, list: [1, 2] };
  const first = await client.call("GET", "x", parameters);
  assertEquals([first.data, first.attributes], [1, { total: 7 }]);
  await client.call("PUT", "x", parameters);
  await client.call("DELETE", "x");
  await client.call("POST", "x", parameters);
  await client.call("POST", "x", { ns: undefined });
  await client.upload("x", { name: "log" }, encode("raw"));
  assertEquals(seen, [
    ["GET", "/api2/json/x?backup-id=a+b&flag=true&list=1&list=2", form, ""],
    ["PUT", "/api2/json/x?backup-id=a+b&flag=true&list=1&list=2", form, ""],
    ["DELETE", "/api2/json/x", form, ""],
    ["POST", "/api2/json/x", "application/json", '{"backup-id":"a b","flag":true,"list":[1,2]}'],
    ["POST", "/api2/json/x", form, ""],
    ["POST", "/api2/json/x?name=log", "application/octet-stream", "raw"],
  ]);
  assertEquals(connections.length, 1);
  await client.close();
});

Deno.test("errors carry the status and the plain text, whatever its label says", async () => {
  const { client, connections } = clientOf(({ target }) => ({
    status: target.endsWith("empty") ? 414 : 400,
    headers: [["content-type", "application/json;charset=UTF-8"]],
    body: target.endsWith("empty") ? new Uint8Array(0) : encode("no such datastore 'x'\n"),
  }));
  const error = await assertRejects(() => client.call("GET", "x"), ServerError);
  assertEquals([error.status, error.message], [400, "no such datastore 'x'"]);
  const empty = await assertRejects(() => client.call("GET", "empty"), ServerError);
  assertEquals(empty.status, 414);
  assertEquals(connections.length, 1);
  await client.close();
});

Deno.test("an empty body is null, anything else without data is damaged", async () => {
  const bodies = ["", '{"data":null}', "[]", '{"x":1}', "{", "null"];
  const { client } = clientOf(({ target }) => ({
    status: 200,
    body: encode(bodies[Number(target.slice(-1))]!),
  }));
  assertEquals((await client.call("GET", "0")).data, null);
  assertEquals((await client.call("GET", "1")).data, null);
  for (const path of ["2", "3", "4", "5"]) {
    await assertRejects(() => client.call("GET", path), CorruptDataError);
  }
  await client.close();
});

Deno.test("credentials are sent with every request but the login", async () => {
  const seen: IncomingRequest[] = [];
  let fields = ticketFields("PBS:a@pbs:1::sig nature", "csrf");
  const { client } = clientOf((request) => {
    seen.push(request);
    return answer(null);
  }, { authentication: () => fields });
  await client.call("POST", "access/ticket", {}, { anonymous: true });
  await client.call("GET", "x");
  fields = apiTokenFields("a@pbs!t", "se cret%:");
  await client.call("GET", "x");
  assertEquals(seen.map(({ headers }) => [headers.get("cookie"), headers.get("authorization")]), [
    [undefined, undefined],
    ["PBSAuthCookie=PBS:a@pbs:1::sig%20nature", undefined],
    [undefined, "PBSAPIToken a@pbs!t:se%20cret%:"],
  ]);
  assertEquals(seen[1]!.headers.get("csrfpreventiontoken"), "csrf");
  await client.close();
});

Deno.test("a connection that ended while it was idle is replaced for a GET", async () => {
  const { client, connections } = clientOf(() => answer("ok"));
  await client.call("GET", "x");
  await connections[0]!.close();
  assertEquals((await client.call("GET", "x")).data, "ok");
  assertEquals(connections.length, 2);
  await connections[1]!.close();
  await assertRejects(() => client.call("POST", "x"), ConnectionError);
  await client.close();
  await assertRejects(() => client.call("GET", "x"), ConnectionError);
});

Deno.test("downloads are raw, and calls beside them use another connection", async () => {
  const { client, connections } = clientOf(({ target }) =>
    target.endsWith("raw")
      ? {
        status: 200,
        body: (async function* () {
          yield await Promise.resolve(encode("bytes"));
        })(),
      }
      : answer(1)
  );
  const { body } = await client.download("raw");
  assertEquals((await client.call("GET", "x")).data, 1);
  assertEquals(connections.length, 2);
  assertEquals(await body.text(10), "bytes");
  await Promise.all([client.call("GET", "x"), client.call("GET", "x")]);
  assertEquals(connections.length, 2);
  await client.close();
});

Deno.test("login, upgrade and HTTP/2 calls run on one connection", async () => {
  const { client, connections } = clientOf(({ target, headers }) => {
    if (target.startsWith("/api2/json/backup")) {
      if (headers.get("upgrade") !== "proxmox-backup-protocol-v1") {
        return { status: 400, body: encode("invalid protocol name") };
      }
      return {
        upgrade: "proxmox-backup-protocol-v1",
        handOver: async (duplex) => {
          await new Http2Server(
            duplex,
            async (request) =>
              request.target === "/finish"
                ? { status: 400, body: encode("not yet") }
                : answer([request.target, await request.body.text(100)]),
          ).closed;
        },
      };
    }
    return answer("ticket");
  });
  await client.call("POST", "access/ticket", { username: "a@pbs" });
  const refused = await assertRejects(() => client.upgrade("backup", "other", {}), ServerError);
  assertEquals([refused.status, refused.message], [400, "invalid protocol name"]);
  const duplex = await client.upgrade("backup", "proxmox-backup-protocol-v1", { store: "s" });
  const http2 = new Http2Client(duplex);
  const put = jsonRequest("PUT", "/dynamic_index", { wid: 1 });
  assertEquals((await readApiResult(await http2.request(put))).data, [
    "/dynamic_index",
    '{"wid":1}',
  ]);
  const finish = http2.request({ method: "POST", path: "/finish" });
  await assertRejects(async () => readApiResult(await finish), ServerError, "not yet");
  await http2.close();
  assertEquals(connections.length, 1);
  assert((await client.call("GET", "x")).data === "ticket");
  await client.close();
});

Deno.test("an upgrade that is answered with a body without an end is given up", async () => {
  async function* endless(): AsyncGenerator<Uint8Array> {
    while (true) {
      // Others have their turn.
      await new Promise((resolve) => setTimeout(resolve, 0));
      yield encode("more");
    }
  }
  const { client } = clientOf(() => ({ status: 200, body: endless() }));
  await assertRejects(
    () => client.upgrade("backup", "proxmox-backup-protocol-v1", {}),
    ConnectionError,
    "the server answered the upgrade with status 200",
  );
  await client.close();
});

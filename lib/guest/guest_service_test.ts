import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { memoryDuplexPair } from "../duplex/mod.ts";
import { Http1Client, serveConnection } from "../http1/mod.ts";
import { GuestDisks } from "./guest_disks.ts";
import { GuestImages } from "./guest_images.ts";
import { GuestService } from "./guest_service.ts";

const TICKET = "5b3f6f0e-8d0c-4d59-9d0c-2c1f4b7f5a11";
const NO_DISKS = { name: "drive-a", device: "/nowhere/at/all" };

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly type: string | undefined;
}

/** A service without disks that are there. */
class Served implements AsyncDisposable {
  readonly service: GuestService;
  readonly lines: string[] = [];
  readonly #images: GuestImages;

  constructor(timeoutMs = 600_000) {
    this.#images = new GuestImages(new GuestDisks([NO_DISKS]), "/nowhere/mounts");
    this.service = new GuestService({
      images: this.#images,
      ticket: TICKET,
      timeoutMs,
      unauthorizedMs: 0,
      log: (line) => void this.lines.push(line),
    });
  }

  async get(target: string, ticket?: string, method = "GET"): Promise<Answer> {
    const [near, far] = memoryDuplexPair();
    const served = serveConnection(far, (request) => this.service.answer(request));
    const client = new Http1Client(near, { host: "localhost" });
    const headers = ticket === undefined ? [] : [["authorization", ticket] as const];
    const { status, body, headers: fields } = await client.request({
      method,
      path: target,
      headers,
    });
    const text = await body.text(1 << 20);
    await client.close();
    await served;
    return { status, text, type: fields.get("content-type") };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.service[Symbol.dispose]();
    await this.#images[Symbol.asyncDispose]();
  }
}

Deno.test("the status is public, everything else needs the ticket, exactly", async () => {
  await using served = new Served();
  const status = await served.get("/api2/json/status");
  assertEquals([status.status, status.type], [200, "application/json;charset=UTF-8"]);
  const { data } = JSON.parse(status.text);
  assert(Number.isInteger(data.uptime) && data.uptime >= 0);
  assert(Number.isInteger(data.timeout) && data.timeout <= 600);
  const wrong = [undefined, "", "x", `${TICKET}x`, TICKET.slice(1), `Bearer ${TICKET}`];
  for (const ticket of [...wrong, TICKET.toUpperCase()]) {
    for (const call of ["list?path=", "extract?path=", "stop", "nothing", "", "../x"]) {
      const { status, text } = await served.get(`/api2/json/${call}`, ticket);
      const refused = call === "../x" ? [400] : [401, "authentication failed"];
      assertEquals([status, text].slice(0, refused.length), refused);
    }
  }
  // None of them has stopped it.
  assertEquals(await Promise.race([served.service.ended, Promise.resolve("goes on")]), "goes on");
  assertEquals((await served.get("/api2/json/list?path=", TICKET)).status, 200);
});

Deno.test("the top lists the images of the guest", async () => {
  await using served = new Served();
  const { text } = await served.get("/api2/json/list?path=Lw%3D%3D", TICKET);
  assertEquals(JSON.parse(text), {
    data: [{
      filepath: btoa("drive-a.img.fidx"),
      text: "drive-a.img.fidx",
      type: "v",
      leaf: false,
    }],
  });
});

Deno.test("calls and parameters that are none are refused in words", async () => {
  await using served = new Served();
  const cases: readonly (readonly [string, number, string, string?])[] = [
    ["/api2/json/other", 404, "Path '/api2/json/other' not found."],
    ["/api2/json/constructor", 404, "not found"],
    ["/api2/json/list", 404, "not found", "POST"],
    ["/api2/extjs/list?path=", 404, "not found"],
    ["/api2/json/list", 400, "parameter verification failed - 'path': parameter is missing"],
    ["/api2/json/list?path=%21", 400, "'path': value does not match the regex pattern"],
    ["/api2/json/list?path=&path=", 400, "'path': duplicate parameter."],
    ["/api2/json/list?path=&x=1", 400, "'x': schema does not allow additional properties."],
    ["/api2/json/extract?path=YQ%3D%3D&format=rar", 400, "'format'"],
    ["/api2/json/extract?path=YQ%3D%3D&format=tar&pxar=true", 400, "together"],
    ["/api2/json/extract?path=", 400, "is no place in a file system"],
    [`/api2/json/list?path=${encodeURIComponent(btoa("a/../b"))}`, 400, "leads upwards"],
    [`/api2/json/list?path=${encodeURIComponent(btoa("x.img.fidx"))}`, 400, "no disk of image"],
    [`/api2/json/list?path=${encodeURIComponent(btoa("drive-a.img.fidx"))}`, 400, "is not there"],
    [`/api2/json/list?path=${"A".repeat(9000)}`, 414, "too long"],
  ];
  for (const [target, status, text, method] of cases) {
    const answer = await served.get(target, TICKET, method);
    assertEquals(answer.status, status, `${target}: ${answer.text}`);
    assertStringIncludes(answer.text, text);
  }
  assertEquals(served.lines.length, cases.length);
});

Deno.test("who stops it gets an answer, and it ends", async () => {
  await using served = new Served();
  const { status, text } = await served.get("/api2/json/stop", TICKET);
  assertEquals([status, text], [200, '{"data":null}']);
  assertEquals(await served.service.ended, "stopped");
});

Deno.test("it ends when nobody uses it", async () => {
  await using served = new Served(20);
  assertEquals(await served.service.ended, "unused");
});

Deno.test("a body of a request is no way in", async () => {
  await using served = new Served();
  const [near, far] = memoryDuplexPair();
  const done = serveConnection(far, (request) => served.service.answer(request));
  await near.write(
    new TextEncoder().encode("GET /api2/json/list HTTP/1.1\r\nhost: x\r\n\0\r\n\r\n"),
  );
  const answer = new TextDecoder().decode(await near.read());
  assertStringIncludes(answer, "HTTP/1.1 400");
  near.abort();
  await done;
  await assertRejects(() => near.read());
});

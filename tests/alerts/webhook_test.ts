// Webhooks to real servers: what each template sends, and servers that refuse, lead elsewhere or hang.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type AlertEvent, type AlertReport, Alerts, alertTargetsOf } from "../../lib/alerts/mod.ts";
import { createSelfSignedCertificate } from "../../lib/tls/mod.ts";
import { ownLoopback } from "../support/own_loopback.ts";
import { TempDir } from "../support/temp_dir.ts";

const EVENT: AlertEvent = {
  what: "job",
  name: "naïve/ job",
  outcome: "failed",
  summary: "the disk is full",
  details: "line 1\nline 2",
  startedAt: 1_700_000_000,
  endedAt: 1_700_000_060,
};

interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: Headers;
  readonly body: string;
}

/** A web server that writes down what it gets, and answers as it is told. */
class Hook implements AsyncDisposable {
  readonly seen: Seen[] = [];
  answers: (() => Response | Promise<Response>)[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor(tls: { cert: string; key: string } | Record<string, never> = {}) {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {}, ...tls },
      async (request) => {
        const { pathname, search } = new URL(request.url);
        const body = await request.text();
        this.seen.push({
          method: request.method,
          path: pathname + search,
          headers: request.headers,
          body,
        });
        return await (this.answers.shift() ?? (() => new Response("OK")))();
      },
    );
  }

  get port(): number {
    return this.#server.addr.port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

function alertsTo(dir: TempDir, settings: Record<string, unknown>): Alerts {
  return new Alerts({
    targets: alertTargetsOf({ hook: { type: "webhook", "time-limit": 120, ...settings } }).values(),
    stateFile: `${dir.path}/${crypto.randomUUID()}.json`,
    environment: { get: () => undefined },
    host: "here",
  });
}

async function tell(dir: TempDir, settings: Record<string, unknown>): Promise<AlertReport> {
  return await alertsTo(dir, settings).tell(EVENT);
}

Deno.test("a webhook gets what its template says", async () => {
  await using dir = await TempDir.make();
  await using hook = new Hook();
  await Deno.writeTextFile(`${dir.path}/token`, "tk_sesame\n");
  const url = `http://127.0.0.1:${hook.port}`;
  const token = { "token-file": `${dir.path}/token` };
  const cases: Record<string, unknown>[] = [
    { url: `${url}/topic`, template: "ntfy", ...token },
    { url: `${url}/`, template: "gotify", ...token },
    { url, template: "json", method: "PUT", headers: { "X-A": "b" } },
    { url, template: "text", body: "{outcome} {name} {nothing:x} on {host} in {seconds} s" },
    { url: `${url}/ping/{name}`, template: "healthchecks" },
  ];
  for (const settings of cases) assertEquals((await tell(dir, settings)).problems, []);
  const [ntfy, gotify, json, text, ping] = hook.seen as [Seen, Seen, Seen, Seen, Seen];
  assertEquals([ntfy.method, ntfy.path, ntfy.body], [
    "POST",
    "/topic",
    "the disk is full\n\nline 1\nline 2",
  ]);
  assertEquals(ntfy.headers.get("authorization"), "Bearer tk_sesame");
  assertEquals([ntfy.headers.get("priority"), ntfy.headers.get("tags")], ["4", "rotating_light"]);
  const title = /^=\?utf-8\?B\?(.*)\?=$/.exec(ntfy.headers.get("title") ?? "")?.[1] ?? "";
  assertEquals(
    new TextDecoder().decode(Uint8Array.fromBase64(title)),
    "failed: job naïve/ job on here",
  );
  assertEquals([gotify.path, gotify.headers.get("x-gotify-key")], ["/message", "tk_sesame"]);
  assertEquals(JSON.parse(gotify.body), {
    title: "failed: job naïve/ job on here",
    message: "the disk is full\n\nline 1\nline 2",
    priority: 8,
  });
  assertEquals([json.method, json.headers.get("x-a")], ["PUT", "b"]);
  assertEquals(JSON.parse(json.body), {
    program: "pbs-client",
    host: "here",
    what: "job",
    name: "naïve/ job",
    outcome: "failed",
    summary: "the disk is full",
    details: "line 1\nline 2",
    started: "2023-11-14T22:13:20Z",
    ended: "2023-11-14T22:14:20Z",
    seconds: 60,
  });
  assertEquals(text.body, "failed naïve/ job {nothing:x} on here in 60 s");
  assertEquals(ping.path, "/ping/na%C3%AFve%2F%20job/fail");
});

Deno.test("a service that waits for pings hears of start and of every end", async () => {
  await using dir = await TempDir.make();
  await using hook = new Hook();
  const alerts = alertsTo(dir, {
    url: `http://127.0.0.1:${hook.port}/uuid`,
    template: "healthchecks",
  });
  await alerts.start(EVENT);
  for (const outcome of ["ok", "ok", "failed"] as const) await alerts.tell({ ...EVENT, outcome });
  assertEquals(hook.seen.map(({ path }) => path), ["/uuid/start", "/uuid", "/uuid", "/uuid/fail"]);
});

Deno.test("a webhook is tried again for reasons that pass, and not for others", async () => {
  await using dir = await TempDir.make();
  await using hook = new Hook();
  const url = `http://127.0.0.1:${hook.port}/`;
  hook.answers = [() => new Response("busy", { status: 503 })];
  assertEquals((await tell(dir, { url, retries: 1 })).told, ["hook"]);
  assertEquals(hook.seen.length, 2);
  hook.answers = [() => new Response("no\x1b[2J such topic", { status: 404 })];
  const refused = await tell(dir, { url, retries: 5 });
  assertEquals(refused.problems, [
    `alert "hook": 127.0.0.1:${hook.port} answered 404: no [2J such topic`,
  ]);
  assertEquals(hook.seen.length, 3);
});

Deno.test("a webhook that leads elsewhere is not followed", async () => {
  await using dir = await TempDir.make();
  await using hook = new Hook();
  await using other = new Hook();
  await Deno.writeTextFile(`${dir.path}/token`, "tk_sesame\n");
  hook.answers = [() => Response.redirect(`http://127.0.0.1:${other.port}/`, 307)];
  const report = await tell(dir, {
    url: `http://127.0.0.1:${hook.port}/`,
    "token-file": `${dir.path}/token`,
  });
  assertStringIncludes(report.problems.join(), "answered 307, a redirect, which is not followed");
  assertEquals(other.seen, []);
});

Deno.test("a webhook that is not there or hangs takes no longer than its limits, and leaks nothing", async () => {
  await using dir = await TempDir.make();
  await using hook = new Hook();
  // Its own: a request that was given up may still arrive.
  await using silent = new Hook();
  const over = Promise.withResolvers<Response>();
  silent.answers = [() => over.promise];
  await Deno.writeTextFile(`${dir.path}/url`, `http://127.0.0.1:${silent.port}/sesame\n`);
  const hanging = await tell(dir, { "url-file": `${dir.path}/url`, retries: 0, "time-limit": 1 });
  assertEquals(hanging.told, []);
  over.resolve(new Response());
  await Deno.writeTextFile(`${dir.path}/url`, `http://127.0.0.1:${hook.port}/sesame?key=sesame\n`);
  hook.answers = [() => new Response("no /sesame?key=sesame", { status: 400 })];
  const refused = await tell(dir, { "url-file": `${dir.path}/url` });
  const listener = Deno.listen({ hostname: ownLoopback(), port: 0 });
  const { hostname, port } = listener.addr;
  listener.close();
  await Deno.writeTextFile(`${dir.path}/url`, `http://${hostname}:${port}/sesame\n`);
  const unreachable = await tell(dir, { "url-file": `${dir.path}/url`, retries: 1 });
  await Deno.writeTextFile(`${dir.path}/url`, `sesame\n`);
  const malformed = await tell(dir, { "url-file": `${dir.path}/url` });
  for (const { told, problems } of [hanging, refused, unreachable, malformed]) {
    assertEquals([told.length, problems.length], [0, 1]);
    assert(!problems.join().includes("sesame"), problems.join());
  }
  assertStringIncludes(hanging.problems.join(), "in 1 s");
  assertStringIncludes(unreachable.problems.join(), `cannot connect to ${hostname}:${port}`);
});

Deno.test("a webhook's certificate is checked, by authority or fingerprint", async () => {
  await using dir = await TempDir.make();
  const made = await createSelfSignedCertificate({ names: ["localhost", "127.0.0.1"] });
  await Deno.writeTextFile(`${dir.path}/ca.pem`, made.certificate);
  await using hook = new Hook({ cert: made.certificate, key: made.privateKey });
  const url = `https://localhost:${hook.port}/`;
  const { fingerprint } = made;
  assertEquals((await tell(dir, { url, fingerprint })).problems, []);
  assertEquals((await tell(dir, { url, "ca-file": `${dir.path}/ca.pem` })).problems, []);
  assertEquals(hook.seen.length, 2);
  const unknown = await tell(dir, { url, retries: 5 });
  assertStringIncludes(unknown.problems.join(), "is not trusted");
  const other = await tell(dir, { url, fingerprint: "ab".repeat(32), retries: 5 });
  assertStringIncludes(other.problems.join(), "not the expected");
  assertEquals(hook.seen.length, 2);
});

/** Five that are told at once, one of them well. */
const FIVE: readonly AlertEvent[] = ["a", "b", "c", "d", "e"].map((name, index) => ({
  ...EVENT,
  what: "watch",
  name,
  outcome: index === 0 ? "ok" : "failed",
  summary: `it is ${name}`,
  details: undefined,
}));
const words = (events: readonly AlertEvent[]) => `${events.length} of them`;

Deno.test("a webhook gets several at once in one request, in the form of its template", async () => {
  await using dir = await TempDir.make();
  await using hook = new Hook();
  const url = `http://127.0.0.1:${hook.port}/`;
  const list = ["b", "c", "d", "e"].map((name) => `failed: it is ${name}`).join("\n") +
    "\nok: it is a";
  const cases: Record<string, unknown>[] = [
    { template: "ntfy" },
    { template: "gotify" },
    { template: "json" },
    { template: "text", body: "{outcome} {what} {name}: {summary}" },
    { template: "healthchecks" },
  ];
  for (const settings of cases) {
    const alerts = alertsTo(dir, { url, always: true, ...settings });
    assertEquals((await alerts.tellTogether(FIVE, words)).problems, []);
  }
  const [ntfy, gotify, json, text, ping] = hook.seen as [Seen, Seen, Seen, Seen, Seen];
  assertEquals(hook.seen.length, cases.length);
  assertEquals(ntfy.headers.get("title"), "failed: 5 of them on here");
  assertEquals(ntfy.body, `5 of them\n\n${list}`);
  assertEquals(JSON.parse(gotify.body), {
    title: "failed: 5 of them on here",
    message: `5 of them\n\n${list}`,
    priority: 8,
  });
  const { what, name, summary, details, count, events } = JSON.parse(json.body);
  assertEquals([what, name, summary, details, count], [
    "watch",
    "b, c, d and 2 more",
    "5 of them",
    list,
    5,
  ]);
  const { outcome } = events[4];
  assertEquals([events.length, events[4].name, outcome], [5, "a", "ok"]);
  assertEquals(text.body, "failed watch b, c, d and 2 more: 5 of them");
  assertEquals(ping.path, "/fail");
  assertStringIncludes(ping.body, list);
  // As much as ntfy takes as a message.
  const many = Array.from({ length: 500 }, (_, i) => ({
    ...FIVE[1]!,
    name: `store:host/${i}`,
    summary: `no backup of store:host/${i} for 2 days, allowed are 26 hours`,
  }));
  await alertsTo(dir, { url, template: "ntfy" }).tellTogether(many, words);
  const { body } = hook.seen.at(-1)!;
  assert(new TextEncoder().encode(body).length <= 4096);
  const listed = body.match(/^failed: /gm)!.length;
  assert(listed > 20 && body.endsWith(`\nand ${500 - listed} more`), body);
});

Deno.test("a webhook whose address has the name gets each by itself, a few at a time", async () => {
  await using dir = await TempDir.make();
  await using hook = new Hook();
  const many = Array.from({ length: 30 }, (_, i) => ({ ...FIVE[i % 5]!, name: `n${i}` }));
  let now = 0;
  let most = 0;
  const answer = async () => {
    most = Math.max(most, ++now);
    await new Promise((resolve) => setTimeout(resolve, 1));
    now--;
    return new Response();
  };
  hook.answers = many.map(() => answer);
  await Deno.writeTextFile(`${dir.path}/url`, `http://127.0.0.1:${hook.port}/{name}\n`);
  const pings = alertsTo(dir, { "url-file": `${dir.path}/url`, template: "healthchecks" });
  const told = await pings.tellTogether(many, words);
  assertEquals([told.told, told.problems], [["hook"], []]);
  assertEquals(
    hook.seen.map(({ path }) => path).sort(),
    many.map(({ name, outcome }) => `/${name}${outcome === "ok" ? "" : "/fail"}`).sort(),
  );
  assert(most <= 4, `${most} at a time`);
  // One that is away is left alone after a few, and hears of the others the next time.
  const settings = { url: `http://127.0.0.1:${hook.port}/{name}`, retries: 0 };
  const failures = many.map(({ name }) => ({ ...FIVE[1]!, name }));
  const states = alertsTo(dir, settings);
  hook.seen.length = 0;
  hook.answers = Array.from({ length: 7 }, () => () => new Response("", { status: 503 }));
  const away = await states.tellTogether(failures, words);
  assertEquals(away.told, []);
  assert(hook.seen.length <= 7, `${hook.seen.length} requests`);
  const rest = failures.length - hook.seen.length;
  assertEquals(away.problems, [
    `alert "hook": 127.0.0.1:${hook.port} answered 503`,
    `alert "hook": ${rest} more are told the next time`,
  ]);
  hook.answers = [];
  hook.seen.length = 0;
  assertEquals((await states.tellTogether(failures, words)).told, ["hook"]);
  assertEquals(hook.seen.length, failures.length);
  assertEquals((await states.tellTogether(failures, words)).unchanged, ["hook"]);
  assertEquals(hook.seen.length, failures.length);
});

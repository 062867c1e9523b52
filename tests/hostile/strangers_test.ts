import { assert, assertEquals } from "@std/assert";
import { eventually } from "../support/eventually.ts";
import { askFrom, connectFrom, logInFrom } from "../support/stranger.ts";
import { ADMINISTRATOR, TestServer } from "../support/test_server.ts";

const HOSTILE = "127.0.0.9";
const FRIENDLY = "127.0.0.10";
const PLACES = 40;
/** Long after everything that goes well. */
const LATE_MS = 120_000;

/** Fails where what was waited for never comes. */
async function inTime<T>(what: string, coming: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not in ${LATE_MS} ms`)), LATE_MS);
  });
  try {
    return await Promise.race([coming, late]);
  } finally {
    clearTimeout(timer);
  }
}

Deno.test("idle connections from one address keep nobody out, not even at that address", async () => {
  await using server = await TestServer.start({ maxConnections: PLACES });
  const idle = [];
  for (let i = 0; i < 2 * PLACES; i++) idle.push(await connectFrom(HOSTILE, server.port));
  for (const address of [FRIENDLY, HOSTILE]) {
    const { status } = await logInFrom(address, server.port, "admin@pbs", "a password");
    assertEquals(status, 200, address);
  }
  for (const duplex of idle) duplex.abort();
});

Deno.test("a connection on which nobody has logged in is not kept for long, another is", async () => {
  await using server = await TestServer.start({ strangerIdleMs: 3000 });
  const stranger = async () => {
    const duplex = await connectFrom(HOSTILE, server.port);
    const end = inTime("the end of an idle stranger", duplex.read().catch(() => undefined));
    assertEquals(await end, undefined);
  };
  const client = await server.connect();
  const headers: [string, string][] = [["authorization", "PBSAPIToken admin@pbs!ci:a secret"]];
  const ask = async () => {
    const response = await client.request({ method: "GET", path: "/api2/json/version", headers });
    await response.body.discard();
    return response.status;
  };
  assertEquals(await ask(), 200);
  // Who comes after the request and is gone was idle for less long than the client is by then.
  await stranger();
  assertEquals(await ask(), 200);
  client.abort();
});

Deno.test("guessing passwords keeps nobody from logging in, and no answer lies about what was checked", async () => {
  await using server = await TestServer.start({
    accounts: {
      ...ADMINISTRATOR,
      accounts: [...ADMINISTRATOR.accounts, { authId: "alice@pbs", enabled: true, expire: 0 }],
      secrets: { ...ADMINISTRATOR.secrets, "alice@pbs": "her password" },
    },
  });
  const { port } = server;
  const guesses = Array.from(
    { length: 250 },
    (_, i) =>
      logInFrom(HOSTILE, port, "admin@pbs", `guess ${i}`)
        .then(({ status, retryAfter }) => ({ status, retryAfter })),
  );
  const right = [
    ["admin@pbs", "a password", FRIENDLY],
    ["alice@pbs", "her password", FRIENDLY],
    ["alice@pbs", "her password", HOSTILE],
  ] as const;
  for (const [user, password, address] of right) {
    const { status, text } = await logInFrom(address, port, user, password);
    assertEquals(status, 200, `${user} from ${address}: ${text}`);
  }
  const answers = await Promise.all(guesses);
  const unheard = answers.filter(({ status }) => status !== 401);
  assertEquals(unheard.filter(({ status }) => status !== 429), []);
  assert(unheard.length > 0 && unheard.every(({ retryAfter }) => Number(retryAfter) > 0));
});

Deno.test("strangers' large heads and bodies are refused when there are too many", async () => {
  await using server = await TestServer.start();
  const { port } = server;
  const encoder = new TextEncoder();
  const open = [];
  const large = encoder.encode(`GET / HTTP/1.1\r\nx: ${"y".repeat(300_000)}`);
  for (let i = 0; i < 32; i++) {
    const duplex = await connectFrom(HOSTILE, port);
    await duplex.write(large);
    open.push(duplex);
  }
  const ask = (length: number) =>
    askFrom(FRIENDLY, port, {
      method: "GET",
      path: "/api2/json/ping",
      headers: [["x", "y".repeat(length)]],
    });
  await eventually(async () => assertEquals((await ask(300_000)).status, 503));
  assertEquals((await ask(1000)).status, 200);
  for (const duplex of open) duplex.abort();
  await eventually(async () => assertEquals((await ask(300_000)).status, 200));
  const { status, text } = await logInFrom(FRIENDLY, port, "admin@pbs", "x".repeat(70_000));
  assertEquals([status, text], [400, "Request body too large"]);
});

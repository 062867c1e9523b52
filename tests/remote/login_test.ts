import { assert, assertEquals, assertRejects } from "@std/assert";
import { setTimeout as delay } from "node:timers/promises";
import { AuthError, ConnectionError, CorruptDataError } from "../../lib/errors/mod.ts";
import {
  openRemoteRepository,
  type RemoteRepositoryOptions,
  TicketCache,
} from "../../lib/remote/mod.ts";
import {
  answerLogin,
  PEER_CSRF_TOKEN,
  PEER_PASSWORD,
  PEER_TICKET,
  PEER_USER,
  type PeerScript,
  RemotePeer,
} from "../support/remote_peer.ts";
import { TempDir } from "../support/temp_dir.ts";

const identity: PeerScript = (request) =>
  answerLogin(request) ?? { data: { "pbs-instance-id": "0123" } };

async function withTicketCache(body: (cache: TicketCache) => Promise<void>): Promise<void> {
  await using folder = await TempDir.make();
  await Deno.chmod(folder.path, 0o700);
  await body(new TicketCache(folder.path));
}

function without(
  options: RemoteRepositoryOptions,
  name: keyof RemoteRepositoryOptions,
): RemoteRepositoryOptions {
  const { [name]: _, ...rest } = options;
  return rest as RemoteRepositoryOptions;
}

Deno.test("a user logs in with the first request, and presents ticket and token from then on", async () => {
  await using peer = await RemotePeer.start(identity);
  await using repository = await openRemoteRepository(peer.options());
  assertEquals(peer.requests, []);
  await Promise.all([repository.identity(), repository.identity()]);
  const [login, ...others] = peer.requests;
  assertEquals(login?.parameters, { username: PEER_USER, password: PEER_PASSWORD });
  assertEquals("cookie" in login!.headers, false);
  assertEquals(others.map(({ path }) => path), Array(2).fill("/nodes/localhost/identity"));
  for (const { headers } of others) {
    assertEquals(headers["cookie"], `PBSAuthCookie=${PEER_TICKET}`);
    assertEquals(headers["csrfpreventiontoken"], PEER_CSRF_TOKEN);
    assertEquals("authorization" in headers, false);
  }
});

Deno.test("login, calls and upgrade take one connection after the other", async () => {
  await using peer = await RemotePeer.start((request) =>
    request.path === "/backup"
      ? { upgrade: true }
      : request.path === "/previous_backup_time"
      ? { data: null }
      : identity(request)
  );
  await using repository = await openRemoteRepository(peer.options());
  await repository.identity();
  const snapshot = { type: "host", id: "a", time: 1 } as const;
  const target = await repository.beginBackup({ namespace: "", snapshot });
  await target.abort();
  assertEquals(new Set(peer.requests.map(({ connection }) => connection)), new Set([1]));
});

Deno.test("an API token is presented as it is, without login and without cache", () =>
  withTicketCache(async (ticketCache) => {
    await using peer = await RemotePeer.start(identity);
    const options = { ...peer.options("joe@pbs!ci"), password: "se:cr et", ticketCache };
    await using repository = await openRemoteRepository(options);
    await repository.logIn();
    assertEquals(peer.requests, []);
    await repository.identity();
    assertEquals(peer.requests.length, 1);
    const { headers } = peer.requests[0]!;
    assertEquals(headers["authorization"], "PBSAPIToken joe@pbs!ci:se:cr%20et");
    assertEquals("cookie" in headers || "csrfpreventiontoken" in headers, false);
    assertEquals(ticketCache.load("127.0.0.1", "joe@pbs"), undefined);
    await assertRejects(
      () => openRemoteRepository(without(options, "password")),
      AuthError,
      "API token secret must be provided!",
    );
  }));

Deno.test("a ticket is remembered, and stands for the password the next time", () =>
  withTicketCache(async (ticketCache) => {
    await using peer = await RemotePeer.start(identity);
    const options = { ...peer.options(), ticketCache };
    {
      await using repository = await openRemoteRepository(options);
      await repository.logIn();
    }
    assertEquals(ticketCache.load("127.0.0.1", PEER_USER)?.ticket, PEER_TICKET);
    await using repository = await openRemoteRepository(without(options, "password"));
    await repository.identity();
    assertEquals(peer.requests[1]?.parameters["password"], PEER_TICKET);
    // An explicit password does not read the cache.
    await using explicit = await openRemoteRepository({ ...options, password: "other" });
    await assertRejects(() => explicit.identity(), AuthError, "permission check failed.");
  }));

Deno.test("a remembered ticket that the server refuses is one clear line, not a question", () =>
  withTicketCache(async (ticketCache) => {
    await using peer = await RemotePeer.start(identity);
    const timestamp = Math.floor(Date.now() / 1000);
    ticketCache.store("127.0.0.1", PEER_USER, { timestamp, ticket: "PBS:old", token: "t" });
    await using repository = await openRemoteRepository({
      ...without(peer.options(), "password"),
      ticketCache,
      askPassword: () => {
        throw new Error("must not ask");
      },
    });
    const error = await assertRejects(() => repository.identity(), AuthError);
    assertEquals(
      error.message,
      'the remembered ticket of joe@pbs on 127.0.0.1 was refused, "logout" removes it: ' +
        "permission check failed.",
    );
  }));

Deno.test("without password and ticket the user is asked, or there is an error", async () => {
  await using peer = await RemotePeer.start(identity);
  const options = without(peer.options(), "password");
  await assertRejects(
    () => openRemoteRepository(options),
    AuthError,
    "no password input mechanism available",
  );
  const asked: string[] = [];
  await using repository = await openRemoteRepository({
    ...options,
    askPassword: (userId) => {
      asked.push(userId);
      return PEER_PASSWORD;
    },
  });
  await repository.identity();
  assertEquals(asked, [PEER_USER]);
});

Deno.test("a ticket is renewed with itself; a renewal that fails is only told", () =>
  withTicketCache(async (ticketCache) => {
    let answered = 0;
    const renewed = Promise.withResolvers<void>();
    const failed = Promise.withResolvers<string>();
    await using peer = await RemotePeer.start((request) => {
      const answer = answerLogin(request);
      if (answer === undefined) return { data: { "pbs-instance-id": "0" } };
      if (++answered === 3) renewed.resolve();
      if (answered > 3) return { status: 401, text: "permission check failed." };
      const ticket = `${PEER_TICKET}${answered}`;
      return { data: { username: PEER_USER, ticket, CSRFPreventionToken: "t" } };
    });
    await using repository = await openRemoteRepository({
      ...peer.options(),
      ticketCache,
      timeouts: { renewalMs: 5 },
      log: (_level, line) => failed.resolve(line),
    });
    await repository.identity();
    await renewed.promise;
    assertEquals(
      await failed.promise,
      "the ticket could not be renewed: permission check failed.",
    );
    const passwords = peer.requests.filter(({ path }) => path === "/access/ticket")
      .map(({ parameters }) => parameters["password"]);
    assertEquals(passwords.slice(0, 4), [PEER_PASSWORD, ...[1, 2, 3].map((n) => PEER_TICKET + n)]);
    await repository.identity();
    // The next renewal may have come behind it.
    const call = peer.requests.findLast(({ path }) => path !== "/access/ticket");
    assertEquals(call?.headers["cookie"], `PBSAuthCookie=${PEER_TICKET}3`);
    assertEquals(ticketCache.load("127.0.0.1", PEER_USER)?.ticket, `${PEER_TICKET}3`);
  }));

Deno.test("a wrong password is one clear line that does not show it", async () => {
  await using peer = await RemotePeer.start(identity);
  await using repository = await openRemoteRepository({ ...peer.options(), password: "hunter2" });
  const error = await assertRejects(() => repository.identity(), AuthError);
  assertEquals(
    error.message,
    "login of joe@pbs on 127.0.0.1 was refused: permission check failed.",
  );
  assert(!Deno.inspect(error, { depth: 10 }).includes("hunter2"));
});

const HALF_TICKET = 'PBS:!tfa!{"totp"%3Atrue,"recovery"%3A[0,1]}:65A1B2C3::sig';

/** A server on which the password is half a login, and `answers` are right second steps. */
function withSecondFactor(...answers: string[]): PeerScript {
  return (request) => {
    if (request.path !== "/access/ticket") return identity(request);
    const { username, password, "tfa-challenge": challenge } = request.parameters;
    const renews = challenge === undefined && password === PEER_TICKET;
    if (challenge === undefined && password === PEER_PASSWORD) {
      return { data: { username, ticket: HALF_TICKET, CSRFPreventionToken: "invalid" } };
    }
    if (!renews && (challenge !== HALF_TICKET || !answers.includes(`${password}`))) {
      return { status: 401, text: "permission check failed." };
    }
    return { data: { username, ticket: PEER_TICKET, CSRFPreventionToken: PEER_CSRF_TOKEN } };
  };
}

Deno.test("a second factor is asked for, and only the full ticket is remembered", () =>
  withTicketCache(async (ticketCache) => {
    await using peer = await RemotePeer.start(withSecondFactor("totp:123456"));
    const asked: unknown[] = [];
    const options: RemoteRepositoryOptions = {
      ...peer.options(),
      ticketCache,
      askSecondFactor: ({ userId, totp, recovery, attempt }) => {
        asked.push([userId, totp, recovery, attempt]);
        assertEquals(ticketCache.load("127.0.0.1", PEER_USER), undefined);
        return attempt === 1 ? "000000" : "123 456";
      },
    };
    await using repository = await openRemoteRepository(options);
    await repository.identity();
    assertEquals(asked, [[PEER_USER, true, true, 1], [PEER_USER, true, true, 2]]);
    assertEquals(peer.requests.at(-1)?.headers["cookie"], `PBSAuthCookie=${PEER_TICKET}`);
    assertEquals(ticketCache.load("127.0.0.1", PEER_USER)?.ticket, PEER_TICKET);
    // With the remembered ticket nobody is asked again.
    const { password: _, askSecondFactor: __, ...later } = options;
    await using again = await openRemoteRepository(later);
    await again.identity();
  }));

Deno.test("a recovery key stands for a code; the third wrong answer ends the login", async () => {
  await using peer = await RemotePeer.start(withSecondFactor("recovery:aa-bb"));
  await using repository = await openRemoteRepository({
    ...peer.options(),
    askSecondFactor: () => "aa-bb",
  });
  await repository.identity();
  let asked = 0;
  await using wrong = await openRemoteRepository({
    ...peer.options(),
    askSecondFactor: () => `00000${++asked}`,
  });
  await assertRejects(() => wrong.identity(), AuthError, "was refused: permission check failed.");
  assertEquals(asked, 3);
});

Deno.test("half a login without anybody to ask is explained, and never remembered", () =>
  withTicketCache(async (ticketCache) => {
    await using peer = await RemotePeer.start(withSecondFactor());
    await using repository = await openRemoteRepository({ ...peer.options(), ticketCache });
    await assertRejects(() => repository.identity(), AuthError, "has a second factor");
    assertEquals(peer.requests.length, 1);
    assertEquals(ticketCache.load("127.0.0.1", PEER_USER), undefined);
    // What the official client leaves there after the same is no ticket to log in with.
    const timestamp = Math.floor(Date.now() / 1000);
    ticketCache.store("127.0.0.1", PEER_USER, { timestamp, ticket: HALF_TICKET, token: "t" });
    await assertRejects(
      () => openRemoteRepository({ ...without(peer.options(), "password"), ticketCache }),
      AuthError,
      "no password input mechanism available",
    );
  }));

Deno.test("a second factor of a kind that cannot be typed is named", async () => {
  const ticket = 'PBS:!tfa!{"webauthn"%3A{"publicKey"%3A{}}}:65A1B2C3::sig';
  await using peer = await RemotePeer.start(() => ({
    data: { username: PEER_USER, ticket, CSRFPreventionToken: "invalid" },
  }));
  await using repository = await openRemoteRepository({
    ...peer.options(),
    askSecondFactor: () => "1",
  });
  await assertRejects(() => repository.identity(), AuthError, "(webauthn)");
});

Deno.test("a ticket that is refused in the middle of a run is replaced once with the password", async () => {
  let issued = 0;
  let good = "";
  await using peer = await RemotePeer.start((request) => {
    if (request.path !== "/access/ticket") {
      const isGood = request.headers["cookie"] === `PBSAuthCookie=${good}`;
      return isGood ? identity(request) : { status: 401, text: "authentication failed" };
    }
    good = `PBS:joe@pbs:0000000${++issued}::sig`;
    return { data: { username: PEER_USER, ticket: good, CSRFPreventionToken: "t" } };
  });
  await using repository = await openRemoteRepository(peer.options());
  await repository.identity();
  await repository.identity();
  assertEquals(issued, 1);
  good = "none";
  // A ticket of this very millisecond counts as newer than the refusal.
  for (const now = Date.now(); Date.now() === now;) await delay(1);
  await Promise.all([repository.identity(), repository.identity()]);
  assertEquals(issued, 2);
  // Somebody whose tickets are worth nothing at all is told so, not asked for ever.
  await using broken = await RemotePeer.start((request) =>
    answerLogin(request) ?? { status: 401, text: "authentication failed" }
  );
  await using other = await openRemoteRepository(broken.options());
  await assertRejects(() => other.identity(), AuthError, "the ticket of joe@pbs was refused");
  assertEquals(broken.requests.filter(({ path }) => path !== "/access/ticket").length, 2);
});

Deno.test("an answer to the login without ticket is refused", async () => {
  for (const data of [null, {}, { ticket: 7 }, { ticket: "a" }, []]) {
    await using peer = await RemotePeer.start(() => ({ data }));
    await using repository = await openRemoteRepository(peer.options());
    await assertRejects(() => repository.identity(), CorruptDataError, "has no ticket");
  }
});

Deno.test("a server that is not there is one clear line", async () => {
  let options: RemoteRepositoryOptions;
  {
    await using peer = await RemotePeer.start(identity);
    options = peer.options();
  }
  // Its own port may be another test's by now; on this one nobody listens.
  options = { ...options, address: { ...options.address, port: 1 } };
  await using repository = await openRemoteRepository(options);
  const error = await assertRejects(() => repository.identity(), ConnectionError);
  assert(/^cannot connect to 127\.0\.0\.1:\d+: /.test(error.message), error.message);
});

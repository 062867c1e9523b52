import { assertEquals, assertRejects } from "@std/assert";
import { TrustError } from "../../lib/errors/mod.ts";
import {
  FingerprintCache,
  openRemoteRepository,
  type RemoteRepositoryOptions,
} from "../../lib/remote/mod.ts";
import { answerLogin, RemotePeer } from "../support/remote_peer.ts";
import { TempDir } from "../support/temp_dir.ts";

const other = "00:".repeat(31) + "00";

interface Attempt {
  readonly outcome: "connected" | "refused";
  readonly log: readonly string[];
  readonly asked: number;
  readonly remembered: string | undefined;
}

/** Makes two requests with the given knowledge about the certificate. */
async function attempt(
  given: (fingerprint: string) => {
    readonly fingerprint?: string;
    readonly cached?: string;
    readonly answer?: boolean;
  },
): Promise<Attempt & { readonly actual: string }> {
  await using folder = await TempDir.make();
  await using peer = await RemotePeer.start((request) =>
    answerLogin(request) ?? { data: { "pbs-instance-id": "0" } }
  );
  const cache = new FingerprintCache(`${folder.path}/fingerprints`);
  const { fingerprint, cached, answer } = given(peer.fingerprint);
  if (cached !== undefined) cache.store("127.0.0.1", cached);
  const log: string[] = [];
  let asked = 0;
  // A token: nothing but the certificate stands between the first requests and the server.
  const { fingerprint: _, ...options } = peer.options("joe@pbs!ci");
  const all: RemoteRepositoryOptions = {
    ...options,
    fingerprintCache: cache,
    log: (_level, line) => log.push(line),
    ...(fingerprint === undefined ? {} : { fingerprint }),
    ...(answer === undefined ? {} : {
      confirmFingerprint: (shown) => {
        assertEquals(shown, peer.fingerprint);
        asked++;
        return answer;
      },
    }),
  };
  await using repository = await openRemoteRepository(all);
  const call = () => Promise.all([repository.identity(), repository.identity()]);
  let outcome: Attempt["outcome"] = "connected";
  try {
    await call();
  } catch (error) {
    if (!(error instanceof TrustError)) throw error;
    outcome = "refused";
    assertEquals(peer.requests, [], "something was sent to a server that is not trusted");
  }
  return { outcome, log, asked, remembered: cache.load("127.0.0.1"), actual: peer.fingerprint };
}

const warning = "WARNING: certificate fingerprint does not match expected fingerprint!";

Deno.test("a given fingerprint decides, whatever its case, and is not remembered", async () => {
  const right = await attempt((actual) => ({ fingerprint: actual.toUpperCase() }));
  assertEquals([right.outcome, right.remembered, right.log], ["connected", undefined, []]);
  const kept = await attempt((actual) => ({ fingerprint: actual, cached: other }));
  assertEquals([kept.outcome, kept.remembered], ["connected", other]);
});

Deno.test("a wrong, short or empty fingerprint matches nothing, even if the cache would", async () => {
  for (const fingerprint of [other, "aa", ""]) {
    const wrong = await attempt((actual) => ({ fingerprint, cached: actual }));
    assertEquals(wrong.outcome, "refused");
    assertEquals(wrong.log, [warning, `expected:    ${fingerprint}`]);
  }
});

Deno.test("a remembered fingerprint decides; a changed one is refused and stays remembered", async () => {
  const right = await attempt((actual) => ({ cached: actual }));
  assertEquals([right.outcome, right.asked], ["connected", 0]);
  const changed = await attempt(() => ({ cached: other }));
  assertEquals([changed.outcome, changed.remembered], ["refused", other]);
  assertEquals(changed.log, [warning, `expected:    ${other}`]);
});

Deno.test("who is asked and says yes is asked once, and the fingerprint is remembered", async () => {
  const unknown = await attempt(() => ({ answer: true }));
  assertEquals([unknown.outcome, unknown.asked], ["connected", 1]);
  assertEquals(unknown.remembered, unknown.actual);
  const changed = await attempt(() => ({ cached: other, answer: true }));
  assertEquals([changed.outcome, changed.remembered], ["connected", changed.actual]);
  const given = await attempt(() => ({ fingerprint: other, answer: true }));
  assertEquals([given.outcome, given.remembered], ["connected", undefined]);
});

Deno.test("who is asked and says no, or cannot be asked, is not connected", async () => {
  const denied = await attempt(() => ({ answer: false }));
  assertEquals([denied.outcome, denied.remembered], ["refused", undefined]);
  assertEquals((await attempt(() => ({}))).outcome, "refused");
});

Deno.test("a certificate that is not confirmed is one clear line with its fingerprint", async () => {
  await using peer = await RemotePeer.start(() => undefined);
  const { fingerprint, ...options } = peer.options();
  await using repository = await openRemoteRepository(options);
  await assertRejects(
    () => repository.identity(),
    TrustError,
    `certificate validation failed - the fingerprint ${fingerprint} of 127.0.0.1:${peer.port} ` +
      "was not confirmed (DEPTH_ZERO_SELF_SIGNED_CERT)",
  );
});

import { assert, assertEquals, assertRejects } from "@std/assert";
import { TOTP } from "otpauth";
import { CorruptDataError, NotFoundError } from "../../errors/mod.ts";
import { SecondFactorStore } from "./second_factor_store.ts";
import { createTotpSecret, normalizeTotpSecret, totpStepOf, totpUri } from "./totp.ts";

const SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const code = (ms: number, secret = SECRET) => new TOTP({ secret }).generate({ timestamp: ms });

Deno.test("codes are those of RFC 6238, one step early or late, and nothing else", () => {
  // Appendix B, shortened from eight digits to six.
  for (
    const [seconds, text] of [
      [59, "287082"],
      [1111111109, "081804"],
      [1111111111, "050471"],
      [1234567890, "005924"],
      [2000000000, "279037"],
      [20000000000, "353130"],
    ] as const
  ) assertEquals(totpStepOf(SECRET, text, seconds * 1000), Math.floor(seconds / 30));
  const now = 1_700_000_000_000;
  assertEquals(totpStepOf(SECRET, code(now - 30_000), now), Math.floor(now / 30_000) - 1);
  assertEquals(totpStepOf(SECRET, code(now + 30_000), now), Math.floor(now / 30_000) + 1);
  assertEquals(totpStepOf(SECRET, code(now - 90_000), now), undefined);
  for (const wrong of ["", "12345", "1234567", "abcdef", "-12345", "１２３４５６"]) {
    assertEquals(totpStepOf(SECRET, wrong, now), undefined);
  }
});

Deno.test("secrets are random, long, and take the usual forms", () => {
  assertEquals(createTotpSecret().length, 32);
  assert(createTotpSecret() !== createTotpSecret());
  assertEquals(normalizeTotpSecret("gezd gnbv-gy3t qojq gezd gnbv gy3t qojq"), SECRET);
  assert(totpUri(SECRET, "joe@pbs", "host").startsWith("otpauth://totp/host:joe"));
});

Deno.test("a code or recovery key that was right once is not the next time", async () => {
  let now = 1_700_000_000_000;
  const store = SecondFactorStore.inMemory(() => now);
  assertEquals(store.challengeOf("joe@pbs"), undefined);
  await store.addTotp("joe@pbs", SECRET, "phone");
  const keys = await store.addRecoveryKeys("joe@pbs");
  assertEquals(keys.length, 10);
  assertEquals(store.challengeOf("joe@pbs"), {
    totp: true,
    recovery: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  });
  assert(await store.verify("joe@pbs", `totp:${code(now)}`));
  assert(!await store.verify("joe@pbs", `totp:${code(now)}`));
  assert(!await store.verify("joe@pbs", `totp:${code(now - 30_000)}`), "an older one");
  now += 30_000;
  assert(await store.verify("joe@pbs", `totp:${code(now)}`));
  assert(await store.verify("joe@pbs", `recovery:${keys[3]}`));
  assert(!await store.verify("joe@pbs", `recovery:${keys[3]}`));
  assert(await store.verify("joe@pbs", `recovery:${keys[4]!.replaceAll("-", "").toUpperCase()}`));
  assertEquals(store.challengeOf("joe@pbs")?.recovery, [0, 1, 2, 5, 6, 7, 8, 9]);
  for (const answer of [code(now + 30_000), "webauthn:{}", "recovery:", "totp:", ":", ""]) {
    assert(!await store.verify("joe@pbs", answer), answer);
  }
  assert(!await store.verify("eve@pbs", `totp:${code(now + 30_000)}`));
});

Deno.test("after eight wrong codes even right ones are refused for an hour, but no recovery key", async () => {
  let now = 1_700_000_000_000;
  const store = SecondFactorStore.inMemory(() => now);
  await store.addTotp("joe@pbs", SECRET, "");
  const [key] = await store.addRecoveryKeys("joe@pbs");
  const fail = async () => {
    const answers = Array.from({ length: 8 }, () => store.verify("joe@pbs", "totp:000000"));
    await Promise.all(answers);
  };
  await fail();
  assert(!await store.verify("joe@pbs", `totp:${code(now)}`));
  now += 3_600_000;
  assert(await store.verify("joe@pbs", `totp:${code(now)}`));
  await fail();
  assert(await store.verify("joe@pbs", `recovery:${key}`));
  now += 30_000;
  assert(await store.verify("joe@pbs", `totp:${code(now)}`), "the recovery key ended the wait");
});

Deno.test("factors are kept in a private file that two processes may change", async () => {
  const folder = await Deno.makeTempDir({ dir: "/dev/shm" });
  try {
    const first = await SecondFactorStore.open(folder, "tfa.json");
    const second = await SecondFactorStore.open(folder, "tfa.json");
    assertEquals(await first.addTotp("joe@pbs", SECRET, ""), "totp-1");
    assertEquals(await second.addTotp("joe@pbs", SECRET, ""), "totp-2");
    const keys = await second.addRecoveryKeys("joe@pbs");
    assertEquals(((await Deno.stat(`${folder}/tfa.json`)).mode ?? 0) & 0o777, 0o600);
    assert(!(await Deno.readTextFile(`${folder}/tfa.json`)).includes(keys[0]!));
    // The same key at once in both: it is worth one login.
    const answers = await Promise.all(
      [first, second].map((store) => store.verify("joe@pbs", `recovery:${keys[0]}`)),
    );
    assertEquals(answers.toSorted(), [false, true]);
    await second.remove("joe@pbs", "totp-1");
    await assertRejects(() => first.remove("joe@pbs", "totp-1"), NotFoundError, "totp-1");
    await first.remove("joe@pbs", "totp-2");
    await first.remove("joe@pbs", "recovery");
    await second.reload();
    assertEquals(second.challengeOf("joe@pbs"), undefined);
    for (const text of ["{", '{"a":1}', '{"a":{"totp":[{}]}}', '{"a":{"totp":[],"recovery":1}}']) {
      await Deno.writeTextFile(`${folder}/tfa.json`, text);
      await assertRejects(() => first.reload(), CorruptDataError, "tfa.json");
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

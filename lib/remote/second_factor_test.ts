import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { CorruptDataError } from "../errors/mod.ts";
import { isHalfLogin, parseChallenge, secondFactorPassword } from "./second_factor.ts";

const half = (challenge: unknown) =>
  `PBS:!tfa!${JSON.stringify(challenge).replaceAll(":", "%3A")}:65A1B2C3::c2ln`;

Deno.test("the challenge of half a login says which second factors there are", () => {
  const of = (challenge: unknown) => {
    const { totp, recovery, others } = parseChallenge(half(challenge), "joe@pbs");
    return [totp, recovery, others];
  };
  assertEquals(of({ totp: true }), [true, false, []]);
  assertEquals(of({ totp: false, recovery: [0, 3] }), [false, true, []]);
  assertEquals(of({ recovery: [] }), [false, false, []]);
  assertEquals(of({ recovery: null, webauthn: { publicKey: {} } }), [false, false, ["webauthn"]]);
  assertEquals(of({ recovery: "low", yubico: true }), [false, true, ["yubico"]]);
});

Deno.test("what is typed is sent as a code or as a recovery key", () => {
  const both = parseChallenge(half({ totp: true, recovery: [0] }), "joe@pbs");
  assertEquals(secondFactorPassword(both, " 123 456 "), "totp:123456");
  assertEquals(secondFactorPassword(both, "aaaa-bbbb-cccc-dddd"), "recovery:aaaa-bbbb-cccc-dddd");
  assertEquals(secondFactorPassword({ ...both, recovery: false }, "12ab"), "totp:12ab");
  assertEquals(secondFactorPassword({ ...both, totp: false }, "123456"), "recovery:123456");
});

Deno.test("tickets of no half login, or of a damaged one, are refused", () => {
  assertEquals(isHalfLogin("PBS:joe@pbs:65A1B2C3::sig"), false);
  for (
    const ticket of [
      "",
      "PBS:joe@pbs:65A1B2C3::sig",
      "PBS:!tfa!",
      "PBS:!tfa!{:1::x",
      "PBS:!tfa!%zz:1::x",
      "PBS:!tfa![1]:1::x",
      "PBS:!tfa!null:1::x",
      half({ totp: "x".repeat(100_000) }),
    ]
  ) assertThrows(() => parseChallenge(ticket, "joe@pbs"), CorruptDataError);
  fc.assert(fc.property(fc.string(), (text) => {
    try {
      parseChallenge(`PBS:!tfa!${text}`, "joe@pbs");
    } catch (error) {
      if (!(error instanceof CorruptDataError)) throw error;
    }
  }));
});

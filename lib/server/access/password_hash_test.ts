import { assert, assertNotEquals, assertRejects } from "@std/assert";
import { CorruptDataError } from "../../errors/mod.ts";
import { hashPassword, UNKNOWN_USER_HASH, verifyPassword } from "./password_hash.ts";

Deno.test("a password fits its own hash only, and the same password has many hashes", async () => {
  const hash = await hashPassword("correct horse");
  assert(await verifyPassword("correct horse", hash));
  assert(!await verifyPassword("correct horse ", hash));
  assertNotEquals(await hashPassword("correct horse"), hash);
  assert(!await verifyPassword("", UNKNOWN_USER_HASH));
});

Deno.test("damaged hashes are refused, not computed", async () => {
  for (const hash of ["", "x", "$scrypt$16384$8$1$AA==", "$scrypt$1073741824$8$1$AA==$AA=="]) {
    await assertRejects(() => verifyPassword("x", hash), CorruptDataError);
  }
});

import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { CorruptDataError } from "../errors/mod.ts";
import { openSealedBytes, sealBytes } from "./aes_gcm.ts";

const KEY = Uint8Array.from({ length: 32 }, (_, i) => i);
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

Deno.test("openSealedBytes() gives back what sealBytes() sealed", async () => {
  await fc.assert(
    fc.asyncProperty(bytes(32), bytes(16), fc.uint8Array(), async (key, iv, plain) => {
      const sealed = await sealBytes(key, plain, iv);
      assertEquals(sealed.ciphertext.byteLength, plain.byteLength);
      assertEquals(await openSealedBytes(key, sealed, "x"), new Uint8Array(plain));
    }),
  );
});

Deno.test("openSealedBytes() uses all 16 bytes of the IV, the tag and the ciphertext", async () => {
  const sealed = await sealBytes(KEY, KEY);
  for (const part of ["iv", "tag", "ciphertext"] as const) {
    for (let i = 0; i < sealed[part].byteLength; i++) {
      const changed = sealed[part].slice();
      changed[i]! ^= 1;
      await assertRejects(
        () => openSealedBytes(KEY, { ...sealed, [part]: changed }, "chunk 12"),
        CorruptDataError,
        "chunk 12: decryption failed",
      );
    }
  }
});

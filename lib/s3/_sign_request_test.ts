import { assertEquals } from "@std/assert";
import { encodeHex } from "../bytes/mod.ts";
import { sha256 } from "../crypto/mod.ts";
import type { HeaderField } from "../http/mod.ts";
import { encodeKey } from "./_address.ts";
import { signRequest } from "./_sign_request.ts";

// The examples of the documentation of signature version 4, with its keys.
const ADDRESS = { authority: "examplebucket.s3.amazonaws.com", region: "us-east-1" };
const SIGNER = {
  accessKey: "AKIAIOSFODNN7EXAMPLE",
  secretKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
};
const NOW_MS = Date.UTC(2013, 4, 24);

function signatureOf(
  method: string,
  path: string,
  body: string | undefined,
  headers: readonly HeaderField[] = [],
): string {
  const bytes = new TextEncoder().encode(body ?? "");
  const signed = signRequest(
    { method, path, headers, sha256: encodeHex(sha256(bytes)), lengthBytes: undefined },
    ADDRESS,
    SIGNER,
    NOW_MS,
  );
  return /Signature=([0-9a-f]{64})$/.exec(Object.fromEntries(signed).authorization!)![1]!;
}

Deno.test("signRequest() signs an object's writing as the documentation does", () => {
  assertEquals(
    signatureOf("PUT", `/${encodeKey("test$file.text")}`, "Welcome to Amazon S3.", [
      ["date", "Fri, 24 May 2013 00:00:00 GMT"],
      ["x-amz-storage-class", "REDUCED_REDUNDANCY"],
    ]),
    "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
  );
});

Deno.test("signRequest() signs queries as the documentation does", () => {
  assertEquals(
    signatureOf("GET", "/?lifecycle", undefined),
    "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
  );
  assertEquals(
    signatureOf("GET", "/?max-keys=2&prefix=J", undefined),
    "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
  );
});

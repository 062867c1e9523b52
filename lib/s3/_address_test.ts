import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../errors/mod.ts";
import { encodeKey, encodeValue, resolveAddress } from "./_address.ts";

const KEYS = { accessKey: "access", secretKey: "secret" };

Deno.test("resolveAddress() puts bucket and region where the endpoint has them", () => {
  assertEquals(
    resolveAddress(
      { ...KEYS, endpoint: "{{bucket}}.s3.{{region}}.example.com", region: "eu-1" },
      "backups",
    ),
    {
      host: "backups.s3.eu-1.example.com",
      port: 443,
      authority: "backups.s3.eu-1.example.com",
      region: "eu-1",
      basePath: "/",
      tls: true,
    },
  );
  const noBucket = resolveAddress({ ...KEYS, endpoint: "{{bucket}}.s3.example.com" }, undefined);
  assertEquals([noBucket.host, noBucket.region], ["s3.example.com", "us-west-1"]);
});

Deno.test("resolveAddress() puts the bucket into the path, and a port that is given into the host", () => {
  const options = { ...KEYS, endpoint: "::1", port: 443, pathStyle: true };
  const { host, authority, basePath } = resolveAddress(options, "b.1");
  assertEquals([host, authority, basePath], ["[::1]", "[::1]:443", "/b.1/"]);
  assertEquals(resolveAddress(options, undefined).basePath, "/");
});

Deno.test("resolveAddress() refuses what makes no sense", () => {
  for (
    const [options, bucket] of [
      [{ endpoint: "https://s3.example.com" }, "bucket"],
      [{ endpoint: "s3.example.com/path" }, "bucket"],
      [{ endpoint: "s3.example.com", region: "Öst" }, "bucket"],
      [{ endpoint: "s3.example.com", port: 65536 }, "bucket"],
      [{ endpoint: "s3.example.com" }, "a/b"],
      [{ endpoint: "s3.example.com" }, ".."],
      [{ endpoint: "s3.example.com", accessKey: "" }, "bucket"],
      [{ endpoint: "s3.example.com", accessKey: "a\r\nb" }, "bucket"],
    ] as const
  ) {
    assertThrows(() => resolveAddress({ ...KEYS, ...options }, bucket), UsageError);
  }
});

Deno.test("resolveAddress() talks to other machines without TLS only when told to", () => {
  const plain = { ...KEYS, endpoint: "s3.example.com", tls: false };
  assertThrows(() => resolveAddress(plain, "bucket"), UsageError, "without TLS");
  assertEquals(resolveAddress({ ...plain, insecure: true }, "bucket").port, 80);
  for (const endpoint of ["localhost", "127.0.0.1", "127.1.2.3", "::1"]) {
    assertEquals(resolveAddress({ ...plain, endpoint }, "bucket").tls, false);
  }
  const lookalike = { ...plain, endpoint: "127.0.0.1.example.com" };
  assertThrows(() => resolveAddress(lookalike, "bucket"), UsageError);
});

Deno.test("encodeKey() encodes all bytes but the few that need not be", () => {
  const key = "s/.cnt/host/a b/2023-11-14T22:13:20Z/x~_-+*!'()&=?#%ä€.blob";
  assertEquals(
    encodeKey(key),
    "s/.cnt/host/a%20b/2023-11-14T22%3A13%3A20Z/x~_-%2B%2A%21%27%28%29%26%3D%3F%23%25%C3%A4%E2%82%AC.blob",
  );
  assertEquals(encodeValue("a/b"), "a%2Fb");
  assertThrows(() => encodeKey("a\ud800"), UsageError);
});

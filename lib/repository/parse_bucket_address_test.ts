import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../errors/mod.ts";
import { describeBucket, parseBucketAddress } from "./parse_repository.ts";

Deno.test("parseBucketAddress() takes what describeBucket() writes", () => {
  const texts = [
    "s3:https://s3.example.com/backups/tank",
    "s3:https://s3.example.com:9000/backups/tank?region=eu-1",
    "s3:https://[fd00::5]:8443/my.bucket/tank?region=eu-1&style=virtual",
    "s3:http://127.0.0.1:7480/abc/store_1?style=virtual",
  ];
  for (const text of texts) assertEquals(describeBucket(parseBucketAddress(text)), text);
});

Deno.test("parseBucketAddress() refuses what names no bucket or no datastore", () => {
  const faults: [string, string][] = [
    ["s3:https://s3.example.com", "a bucket and a datastore"],
    ["s3:https://s3.example.com/backups", "a bucket and a datastore"],
    ["s3:https://s3.example.com/backups/", "a bucket and a datastore"],
    ["s3:https://s3.example.com/backups/a/b", "a bucket and a datastore"],
    ["s3:https://s3.example.com/Backups/tank", "'Backups' cannot be the name of a bucket"],
    ["s3:https://s3.example.com/backups/.tank", "'.tank' cannot be the name of a datastore"],
    ["s3:https://s3.example.com/backups/tank?zone=1", "no option 'zone'"],
    ["s3:https://s3.example.com/backups/tank?style=other", "no style 'other'"],
    ["s3:https://s3.example.com/backups/tank?region=A%20B", "cannot be a region"],
    ["s3:https://s3.example.com/backups/tank#x", "behind '#'"],
    ["s3:https://:99999/a", "cannot be read"],
  ];
  for (const [text, problem] of faults) {
    assertThrows(() => parseBucketAddress(text), UsageError, problem);
  }
});

Deno.test("parseBucketAddress() does not repeat a secret that was put into the address", () => {
  const error = assertThrows(
    () => parseBucketAddress("s3:https://key:hush@s3.example.com/backups/tank"),
    UsageError,
    "PBS_S3_SECRET_KEY",
  );
  assertEquals(error.message.includes("hush"), false);
});

import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../errors/mod.ts";
import { NamePattern, type NamePatternOptions } from "./name_pattern.ts";

const encoder = new TextEncoder();

function matches(
  pattern: string,
  path: string | Uint8Array,
  type = "f",
  options: NamePatternOptions = {},
): boolean {
  const bytes = typeof path === "string" ? encoder.encode(path) : path;
  const compiled = new NamePattern(pattern, options);
  const found = compiled.matches(bytes, type);
  const name = bytes.subarray(bytes.lastIndexOf(0x2f) + 1);
  // Whatever matches must not be left out by its name.
  if (found) assertEquals(compiled.mayMatchName(name, type), true, `${pattern} ${path}`);
  return found;
}

Deno.test("a pattern without slash is compared with the name", () => {
  assertEquals(matches("fstab", "etc/fstab"), true);
  assertEquals(matches("fstab", "etc/fstab.old"), false);
  assertEquals(matches("*.conf", "etc/a.d/x.conf"), true);
  assertEquals(matches("*.conf", "etc/x.conf/y"), false);
  assertEquals(matches("?[0-9]", "a/b7"), true);
  assertEquals(matches("\\*", "a/*"), true);
  assertEquals(matches("\\*", "a/b"), false);
});

Deno.test("a pattern with a slash is compared with the path", () => {
  assertEquals(matches("/etc/*.conf", "etc/x.conf"), true);
  assertEquals(matches("/etc/*.conf", "etc/sub/x.conf"), false);
  assertEquals(matches("/etc/**/*.conf", "etc/sub/deep/x.conf"), true);
  assertEquals(matches("/etc/**/*.conf", "etc/x.conf"), true);
  assertEquals(matches("ssh/*_config", "etc/ssh/sshd_config"), true);
  assertEquals(matches("ssh/*_config", "etc/openssh/sshd_config"), false);
  assertEquals(matches("/ssh/*", "etc/ssh/x"), false);
  assertEquals(matches("/home/**", "home/a/b"), true);
  assertEquals(matches("[e]tc/x", "etc/x"), true);
});

Deno.test("a slash at the end means directories", () => {
  assertEquals(matches("log/", "var/log", "d"), true);
  assertEquals(matches("log/", "var/log", "f"), false);
  assertEquals(matches("/var/log//", "var/log", "d"), true);
  assertEquals(matches("/var/log/", "var/log", "l"), false);
});

Deno.test("case is ignored where that is wanted, also beyond ASCII and in what is no UTF-8", () => {
  const options = { ignoreCase: true };
  assertEquals(matches("readme*", "a/README.md"), false);
  assertEquals(matches("readme*", "a/README.md", "f", options), true);
  assertEquals(matches("/A/ÄÖ", "a/äö", "f", options), true);
  assertEquals(matches("x*", Uint8Array.of(0x58, 0xff), "f", options), true);
  assertEquals(matches("*", Uint8Array.of(0xff), "f"), true);
});

Deno.test("a malformed pattern is refused", () => {
  assertThrows(() => new NamePattern("[a"), UsageError, "pattern");
  assertThrows(() => new NamePattern(""), UsageError, "empty");
});

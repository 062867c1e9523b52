import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../errors/mod.ts";
import { chooseProxy, isException } from "./choose_proxy.ts";

const choose = (variables: Record<string, string>, host = "pbs.example.com") =>
  chooseProxy((name) => variables[name], host, 8007)?.host;

Deno.test("chooseProxy() takes the first variable that is not empty", () => {
  assertEquals(choose({}), undefined);
  assertEquals(choose({ ALL_PROXY: "", HTTPS_PROXY: "" }), undefined);
  assertEquals(choose({ https_proxy: "http://d:1" }), "d");
  assertEquals(choose({ https_proxy: "d", HTTPS_PROXY: "c" }), "c");
  assertEquals(choose({ https_proxy: "d", HTTPS_PROXY: "c", all_proxy: "b" }), "b");
  assertEquals(choose({ https_proxy: "d", all_proxy: "b", ALL_PROXY: "a" }), "a");
  assertEquals(choose({ http_proxy: "plain" }), undefined);
});

Deno.test("chooseProxy() leaves out what NO_PROXY names", () => {
  const env = { HTTPS_PROXY: "http://proxy:3128" };
  assertEquals(choose({ ...env, NO_PROXY: "example.com" }), undefined);
  assertEquals(choose({ ...env, no_proxy: "example.com" }), undefined);
  assertEquals(choose({ ...env, NO_PROXY: "", no_proxy: "example.com" }), undefined);
  assertEquals(choose({ ...env, NO_PROXY: "example.org" }), "proxy");
});

Deno.test("chooseProxy() names the variable that holds no address, and the way out", () => {
  const error = assertThrows(() => choose({ https_proxy: "socks5://h" }), UsageError);
  assertEquals(/^variable https_proxy: .*NO_PROXY=pbs\.example\.com/.test(error.message), true);
  assertEquals(choose({ https_proxy: "socks5://h", NO_PROXY: "*" }), undefined);
});

Deno.test("isException() knows names, domains, addresses, networks and ports", () => {
  const cases: [string, string, boolean][] = [
    ["*", "a.b", true],
    ["b", "a.b", true],
    [".b", "a.b", true],
    ["*.b", "a.b", true],
    [".b", "b", true],
    ["b", "ab", false],
    ["A.B", "a.b.", true],
    ["x, a.b", "a.b", true],
    ["x a.b", "a.b", true],
    ["a.b:8007", "a.b", true],
    ["a.b:443", "a.b", false],
    ["10.0.0.1", "10.0.0.1", true],
    ["10.0.0.1", "10.0.0.11", false],
    ["10.0.0.0/8", "10.9.8.7", true],
    ["10.0.0.0/8", "11.9.8.7", false],
    ["10.0.0.0/99", "10.0.0.0", false],
    ["0.1", "10.0.0.1", false],
    ["::1", "::1", true],
    ["[::1]", "::1", true],
    ["[::1]:8007", "::1", true],
    ["[::1]:1", "::1", false],
    ["fd00::/8", "fd12::5", true],
    ["::1", "127.0.0.1", false],
    ["", "a.b", false],
    [" , ,", "a.b", false],
    [".", "a.b", false],
  ];
  for (const [list, host, expected] of cases) {
    assertEquals(isException(list, host, 8007), expected, `${list} for ${host}`);
  }
});

import { assertEquals, assertThrows } from "@std/assert";
import { parseRequestTarget } from "./request_target.ts";
import { RouteTable } from "./route_table.ts";

const TABLE = new RouteTable([
  { method: "GET", path: "a/{x}/b" },
  { method: "POST", path: "a/{x}/b" },
  { method: "GET", path: "a/fixed" },
]);

Deno.test("RouteTable finds routes by method and path, and decodes variables", () => {
  const found = TABLE.find("GET", ["a", "p%2Fq%20", "b"]);
  assertEquals(found !== undefined && "route" in found && [...found.variables], [["x", "p/q "]]);
  assertEquals(TABLE.find("PUT", ["a", "1", "b"]), undefined);
  assertEquals(TABLE.find("GET", ["a", "%ff", "b"]), undefined);
  assertEquals(TABLE.find("GET", ["a", "1"]), ["b"]);
});

Deno.test("RouteTable refuses routes that exist twice", () => {
  assertThrows(() =>
    new RouteTable([{ method: "GET", path: "a" }, { method: "GET", path: "/a/" }])
  );
});

Deno.test("parseRequestTarget() drops empty components and refuses hidden ones", () => {
  assertEquals(parseRequestTarget("https://h:1//a///b/?x=1?").components, ["a", "b"]);
  assertEquals(parseRequestTarget("//api2/json?").query, "");
  assertThrows(() => parseRequestTarget("/a/../b"), Error, "illegal components");
  assertEquals(parseRequestTarget("/%2e/a").components, ["%2e", "a"]);
});

import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ServerError } from "../../errors/mod.ts";
import { ParameterError } from "./parameter_error.ts";
import { parseJsonObject } from "./read_parameters.ts";
import { NS } from "./schemas.ts";
import type { ParameterValues } from "./parameter_values.ts";
import { verifyParameters } from "./verify_parameters.ts";

const SCHEMAS = {
  "name": { kind: "string", pattern: /^[a-z]+$/, maxLength: 5 },
  "count": { kind: "integer", minimum: 1, maximum: 10, optional: true },
  "flag": { kind: "boolean", optional: true },
  "list": { kind: "array", items: { kind: "integer", minimum: 0 }, optional: true },
  "ns": NS,
} as const;

function fromQuery(query: string): ParameterValues {
  const pairs = [...new URLSearchParams(query)];
  return verifyParameters(SCHEMAS, { form: "text", pairs }, new Map());
}

function fromJson(text: string): ParameterValues {
  return verifyParameters(SCHEMAS, { form: "json", members: parseJsonObject(text) }, new Map());
}

Deno.test("verifyParameters() names every parameter that is wrong", () => {
  const error: ParameterError = assertThrows(
    () => fromQuery("name=A&count=0&what=1&flag=maybe"),
    ParameterError,
  ) as ParameterError;
  assertEquals(error.problems.map(({ name }) => name), ["name", "count", "what", "flag"]);
  const single = assertThrows(() => fromQuery("count=1"), ParameterError);
  assertEquals(
    single.message,
    "parameter verification failed - 'name': parameter is missing and it is not optional.",
  );
});

Deno.test("verifyParameters() takes numbers and flags from queries in all their spellings", () => {
  for (const flag of ["1", "TRUE", "yes", "On"]) {
    assertEquals(fromQuery(`name=a&flag=${flag}`).boolean("flag"), true);
  }
  assertEquals(fromQuery("name=a&count=%2B07").integer("count"), 7);
  assertEquals(fromQuery("name=a&list=1&list=2").integers("list"), [1, 2]);
  assertThrows(() => fromQuery("name=a&name=b"), ParameterError, "duplicate");
  assertThrows(() => fromQuery("name=a&count=1.0"), ParameterError);
  assertThrows(() => fromQuery("name=a&count=99999999999999999999"), ParameterError);
});

Deno.test("verifyParameters() takes only integers for integers from JSON", () => {
  assertEquals(fromJson('{"name":"a","count":3,"list":[0,4]}').integers("list"), [0, 4]);
  for (const count of ["1.0", '"1"', "true", "null", "1e1", "18446744073709551616"]) {
    assertThrows(() => fromJson(`{"name":"a","count":${count}}`), ParameterError);
  }
  const error = assertThrows(() => fromJson('{"name":"a","list":[1,-1]}'), ParameterError);
  assertEquals(error.problems[0]!.name, "list/[1]");
});

Deno.test("parseJsonObject() refuses everything but objects with an error of its own", () => {
  for (const text of ["[1]", '"x"', "1", "{", "{} x", "[".repeat(200_000)]) {
    assertThrows(() => parseJsonObject(text), ServerError);
  }
  assertEquals(parseJsonObject("null").size, 0);
  assertEquals([...parseJsonObject('{"a":1,"a":2}')], [["a", 2]]);
});

Deno.test("verifyParameters() accepts or refuses any text, and never anything else", () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.string(), fc.string())), (pairs) => {
    try {
      verifyParameters(SCHEMAS, { form: "text", pairs }, new Map());
    } catch (error) {
      if (!(error instanceof ServerError)) throw error;
    }
  }));
});

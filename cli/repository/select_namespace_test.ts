import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../lib/errors/mod.ts";
import { CommandValues } from "../arguments/command_values.ts";
import { selectNamespace } from "./select_namespace.ts";

function select(option: string | undefined, variable?: string): string {
  const values = new CommandValues(
    new Map(option === undefined ? [] : [["ns", [{ text: option }]]]),
  );
  return selectNamespace(values, { get: () => variable });
}

Deno.test("selectNamespace() prefers the option, even an empty one, to the variable", () => {
  assertEquals(select(undefined), "");
  assertEquals(select(undefined, "a/b"), "a/b");
  assertEquals(select("c", "a/b"), "c");
  assertEquals(select("", "a/b"), "");
});

Deno.test("selectNamespace() ignores the variable for commands that do not take it", () => {
  assertEquals(selectNamespace(new CommandValues(new Map())), "");
});

Deno.test("selectNamespace() refuses what is too deep, too long or no namespace", () => {
  assertEquals(select("1/2/3/4/5/6/7"), "1/2/3/4/5/6/7");
  assertThrows(() => select("1/2/3/4/5/6/7/8"), UsageError, "namespace too deep, 7 >= max 7");
  assertThrows(() => select("x".repeat(256)), UsageError, "namespace length exceeded");
  assertThrows(() => select(undefined, "/bad"), UsageError, "not a valid namespace component: ");
});

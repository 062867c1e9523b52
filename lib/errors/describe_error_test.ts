import { assertEquals } from "@std/assert";
import { describeError } from "./describe_error.ts";

Deno.test("describeError() tells what went wrong before what cleaning up could not do", () => {
  const error = new SuppressedError(
    new Error("cannot remove", { cause: new Error("Read-only") }),
    new Error("cannot write", { cause: new Error("No space left") }),
  );
  assertEquals(describeError(error), [
    "cannot write",
    "No space left",
    "and cleaning up after that failed: cannot remove",
    "Read-only",
  ]);
});

import { assertEquals } from "@std/assert";
import { compareWalkOrder } from "./compare_walk_order.ts";

Deno.test("compareWalkOrder puts what is below a directory before its next sibling", () => {
  const ordered = ["", "a", "b", "b/a", "b/z/c", "b\x01", "b.txt", "c", "d/x", "e"];
  const paths = ordered.toReversed().map((path) => new TextEncoder().encode(path));
  assertEquals(
    paths.sort(compareWalkOrder).map((path) => new TextDecoder().decode(path)),
    ordered,
  );
});

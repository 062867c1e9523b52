import { assert, assertEquals } from "@std/assert";
import { ConnectionPlaces, type Place } from "./connection_places.ts";

/** Enters and notes who was sent away. */
function crowd(total: number) {
  const places = new ConnectionPlaces(total);
  const gone: string[] = [];
  const enter = (name: string, address: string): Place | undefined =>
    places.enter(address, () => void gone.push(name));
  return { enter, gone };
}

Deno.test("the strangers of one address give way to each other, not those of others", () => {
  const { enter, gone } = crowd(100);
  assert(enter("friend", "10.0.0.1") !== undefined);
  for (let i = 0; i < 1000; i++) assert(enter(`evil${i}`, "10.0.0.2") !== undefined);
  assertEquals(gone.length, 975);
  assertEquals(gone[0], "evil0");
  assert(!gone.includes("friend"));
});

Deno.test("when strangers of many addresses fill their half, the one that has most gives way", () => {
  const { enter, gone } = crowd(100);
  for (let i = 0; i < 20; i++) {
    for (const address of ["a", "b", "c"]) enter(`${address}${i}`, address);
  }
  assertEquals(gone.length, 10);
  assert(enter("new", "d") !== undefined);
  assertEquals(gone.length, 11);
  assert(gone.every((name) => /^[abc]/.test(name)));
});

Deno.test("whoever is known stays, and leaves room for others", () => {
  const { enter, gone } = crowd(100);
  const known = Array.from({ length: 60 }, () => {
    const place = enter("known", "10.0.0.2");
    place?.keep();
    return place;
  });
  // Half of all places is for one address.
  assertEquals(known.filter((place) => place !== undefined).length, 50);
  assertEquals(gone, []);
  for (let i = 0; i < 50; i++) enter("other", `10.1.0.${i}`)?.keep();
  assertEquals(enter("late", "10.2.0.1"), undefined);
  known[0]!.leave();
  known[0]!.leave();
  assert(enter("late", "10.2.0.1") !== undefined);
  assertEquals(gone, []);
});

Deno.test("a network of IPv6 addresses counts as one, a mapped address as what it is", () => {
  const { enter, gone } = crowd(8);
  enter("first", "2001:db8::1");
  enter("second", "2001:db8:0:0:ffff::2");
  enter("third", "2001:db8::3");
  assertEquals(gone, ["first"]);
  enter("a", "::ffff:10.0.0.1");
  enter("b", "10.0.0.1");
  assertEquals(gone.length, 1);
  enter("c", "10.0.0.1");
  assertEquals(gone, ["first", "a"]);
});

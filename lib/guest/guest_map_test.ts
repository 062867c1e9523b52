import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { CorruptDataError } from "../errors/mod.ts";
import { parseGuestMap, readGuestMap } from "./guest_map.ts";

Deno.test("a map tells the machines that were started (spec: protocol.md §8.4)", async () => {
  const text = '{"qemu_a\\\\x3ab-vm-100":{"pid":77,"cid":10,"ticket":"8a-b"}}';
  const expected = [{ name: "qemu_a\\x3ab-vm-100", pid: 77, cid: 10, ticket: "8a-b" }];
  const path = await Deno.makeTempFile();
  try {
    assertEquals(await readGuestMap(path), []);
    await Deno.writeTextFile(path, text);
    assertEquals(await readGuestMap(path), expected);
  } finally {
    await Deno.remove(path);
  }
  assertEquals(await readGuestMap(path), []);
});

Deno.test("what is no map is refused", async () => {
  for (
    const text of ["{", "[]", "null", "3", '{"a":null}', '{"a":{"pid":1,"cid":"10","ticket":""}}']
  ) {
    assertThrows(() => parseGuestMap(text, "map"), CorruptDataError);
  }
  const path = await Deno.makeTempFile();
  try {
    await Deno.truncate(path, 5 * 1024 * 1024);
    await assertRejects(() => readGuestMap(path), CorruptDataError, "too large");
  } finally {
    await Deno.remove(path);
  }
});

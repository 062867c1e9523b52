import { assertEquals } from "@std/assert";
import { VERSION } from "./version.ts";

Deno.test("VERSION is that of deno.json, and of the native crates", async () => {
  const text = await Deno.readTextFile(new URL("../deno.json", import.meta.url));
  assertEquals(VERSION, JSON.parse(text).version);
  const crates = await Deno.readTextFile(new URL("../native/Cargo.toml", import.meta.url));
  assertEquals(crates.match(/^version = "(.*)"$/m)![1], VERSION);
});

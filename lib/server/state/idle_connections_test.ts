import { assertEquals } from "@std/assert";
import { IdleConnections } from "./idle_connections.ts";

function connection(): { duplex: { abort: () => void }; ended: number } {
  const made = { duplex: { abort: () => void made.ended++ }, ended: 0 };
  return made;
}

Deno.test("IdleConnections end those without a request, however many came at once", () => {
  const idle = new IdleConnections();
  const [quiet, busy, done] = [connection(), connection(), connection()];
  for (const each of [quiet, busy, done]) idle.add(each);
  for (const each of [busy, busy, done, done]) idle.begin(each);
  for (const each of [busy, done, done]) idle.end(each);
  idle.abort();
  assertEquals([quiet.ended, busy.ended, done.ended], [1, 0, 1]);
});

Deno.test("IdleConnections keep nothing of a connection that is over before its request", () => {
  const idle = new IdleConnections();
  const [gone, taken] = [connection(), connection()];
  for (const each of [gone, taken]) {
    idle.add(each);
    idle.begin(each);
    idle.remove(each);
    idle.end(each);
  }
  idle.abort();
  assertEquals([idle.open, gone.ended, taken.ended], [0, 0, 0]);
});

import { assertEquals } from "@std/assert";
import { UpgradedConnections } from "./upgraded_connections.ts";

const PACE = { stepBytes: 1, withinMs: 1 };
const MIB = 1024 * 1024;

Deno.test("clients of one server share what may be sent ahead, those of another do not", () => {
  const patience = { silenceMs: 1, receivePace: PACE, sendPace: PACE };
  const [one, other] = [new UpgradedConnections(patience), new UpgradedConnections(patience)];
  {
    using _first = one.count();
    assertEquals(one.windowBytes, 16 * MIB);
    using _second = one.count();
    assertEquals(one.windowBytes, 4 * MIB);
    using _third = other.count();
    assertEquals(other.windowBytes, 16 * MIB);
  }
  assertEquals(one.windowBytes, 16 * MIB);
});

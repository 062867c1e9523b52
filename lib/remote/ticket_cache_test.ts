import { assert, assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../errors/mod.ts";
import { TicketCache } from "./ticket_cache.ts";

const now = 1705095875;
const ticket = { timestamp: now, ticket: "PBS:joe@pbs:65A1B2C3::AbCd", token: "65A1B2C3:Qm" };

async function withFolder(body: (folder: string, path: string) => void): Promise<void> {
  const folder = await Deno.makeTempDir();
  Deno.chmodSync(folder, 0o700);
  try {
    body(folder, `${folder}/proxmox-backup/tickets`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("TicketCache writes the official client's file: sorted, one line, for the user alone", () =>
  withFolder((folder, path) => {
    const cache = new TicketCache(folder, { now: () => now });
    cache.store("pbs2", "joe@pbs", ticket);
    cache.store("pbs1", "joe@pbs", ticket);
    cache.store("pbs1", "ann@pbs", ticket);
    const text = Deno.readTextFileSync(path);
    const entry = JSON.stringify(ticket);
    assertEquals(
      text,
      `{"pbs1":{"ann@pbs":${entry},"joe@pbs":${entry}},"pbs2":{"joe@pbs":${entry}}}`,
    );
    assertEquals(Deno.statSync(path).mode! & 0o777, 0o600);
    assertEquals(cache.load("pbs1", "joe@pbs"), ticket);
    assertEquals(cache.load("pbs3", "joe@pbs"), undefined);
  }));

Deno.test("TicketCache gives no ticket of 7140 seconds, and drops it with the next write", () =>
  withFolder((folder, path) => {
    let clock = now;
    const cache = new TicketCache(folder, { now: () => clock });
    cache.store("pbs1", "joe@pbs", ticket);
    clock += 7139;
    assertEquals(cache.load("pbs1", "joe@pbs"), ticket);
    clock += 1;
    assertEquals(cache.load("pbs1", "joe@pbs"), undefined);
    cache.store("pbs2", "ann@pbs", { ...ticket, timestamp: clock });
    assertEquals(Object.keys(JSON.parse(Deno.readTextFileSync(path))), ["pbs2"]);
  }));

Deno.test("TicketCache.remove() removes one ticket and says whether there was one", () =>
  withFolder((folder) => {
    const cache = new TicketCache(folder, { now: () => now });
    assertEquals(cache.remove("pbs1", "joe@pbs"), false);
    cache.store("pbs1", "joe@pbs", ticket);
    cache.store("pbs1", "ann@pbs", ticket);
    assertEquals(cache.remove("pbs1", "joe@pbs"), true);
    assertEquals(cache.load("pbs1", "joe@pbs"), undefined);
    assertEquals(cache.load("pbs1", "ann@pbs"), ticket);
  }));

Deno.test("TicketCache refuses a folder that others can look into", () =>
  withFolder((folder) => {
    const cache = new TicketCache(folder, { now: () => now });
    cache.store("pbs1", "joe@pbs", ticket);
    Deno.chmodSync(folder, 0o755);
    assertEquals(cache.load("pbs1", "joe@pbs"), undefined);
    assertThrows(
      () => cache.store("pbs1", "joe@pbs", ticket),
      UsageError,
      "must have permissions 0o700, got 0o40755",
    );
    assertThrows(() => cache.remove("pbs1", "joe@pbs"), UsageError, "must be secure");
    Deno.chmodSync(folder, 0o700);
    for (const absent of [undefined, ""]) {
      assertThrows(
        () => new TicketCache(absent).store("a", "b", ticket),
        UsageError,
        "$XDG_RUNTIME_DIR must be set",
      );
    }
    assertThrows(() => new TicketCache(`${folder}/none`).remove("a", "b"), UsageError);
  }));

Deno.test("TicketCache takes a damaged file for an empty one", () =>
  withFolder((folder, path) => {
    const cache = new TicketCache(folder, { now: () => now });
    cache.store("pbs1", "joe@pbs", ticket);
    const wrong = ["", "{", "[]", "null", "7", '{"pbs1":[]}', '{"pbs1":{"joe@pbs":{"ticket":1}}}'];
    for (const text of wrong) {
      Deno.writeTextFileSync(path, text);
      assertEquals(cache.load("pbs1", "joe@pbs"), undefined, text);
    }
    cache.store("pbs1", "joe@pbs", ticket);
    assert(cache.load("pbs1", "joe@pbs") !== undefined);
  }));

import { assertEquals } from "@std/assert";
import { encodeHex } from "../bytes/mod.ts";
import { RereadRound } from "./reread_round.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** Paths in the order of a walk: what is below a directory comes before its next sibling. */
const PATHS = ["a", "b/a", "b/z/c", "b.txt", "c", "d/x", "e"];

Deno.test("every file has its turn, from where the last run stopped", () => {
  const taken: string[] = [];
  let rereadTo = "";
  const perRun: number[] = [];
  for (let run = 0; run < 4; run++) {
    const round = new RereadRound(rereadTo, 20);
    const now = PATHS.filter((path) => round.takes(bytes(path), 10));
    perRun.push(now.length);
    taken.push(...now);
    rereadTo = round.rereadTo === undefined ? "" : encodeHex(round.rereadTo);
  }
  assertEquals(taken, PATHS);
  assertEquals(perRun, [2, 2, 2, 1]);
  assertEquals(rereadTo, "", "the next run begins a new round");
});

Deno.test("no file has a turn without a share", () => {
  assertEquals(new RereadRound("", 0).takes(bytes("a"), 10), false);
});

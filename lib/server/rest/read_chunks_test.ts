import { assertEquals } from "@std/assert";
import { withLocalRepository } from "../../../tests/support/local_repository.ts";
import { makeChunk, writeSnapshot } from "../../../tests/support/target_conformance.ts";
import { readIndex } from "../../datastore/mod.ts";
import type { IncomingRequest } from "../../http/mod.ts";
import { AnswerBudget } from "../memory/mod.ts";
import { readChunks } from "./read_chunks.ts";

const SIZE_BYTES = 50_000;
const snapshot = { type: "host" as const, id: "elsa", time: 1700000000 };

Deno.test("readChunks() counts a chunk from before it is read until it was taken", () =>
  withLocalRepository(async (repository) => {
    await writeSnapshot(
      repository,
      snapshot,
      await Promise.all([1, 2].map((byte) => makeChunk(byte, SIZE_BYTES))),
    );
    await using source = await repository.openSnapshot("", snapshot);
    const index = readIndex(await source.readFile("root.pxar.didx"), "root.pxar.didx");
    // Room for one chunk that is being decoded, and not for another beside it.
    const budget = new AnswerBudget(2 * SIZE_BYTES);
    const { signal } = new AbortController();
    const read = (remoteAddress: string) =>
      readChunks(
        repository.datastore,
        index,
        { httpVersion: "1.1", signal } as IncomingRequest,
        budget.of({ remoteAddress, takenBytes: 0, abort: () => {} }),
      );
    const slow = read("slow");
    await slow.next();
    assertEquals(budget.usedBytes, SIZE_BYTES);
    let isRead = false;
    const other = read("other");
    const waiting = other.next().then(() => isRead = true);
    // The whole event loop comes round: what need not wait is read by then.
    await source.readFile("root.pxar.didx");
    assertEquals([isRead, budget.usedBytes], [false, SIZE_BYTES]);
    await slow.return(undefined);
    await waiting;
    assertEquals(budget.usedBytes, SIZE_BYTES);
    await other.return(undefined);
    assertEquals(budget.usedBytes, 0);
  }));

// deno-lint-ignore-file no-console -- what was measured is reported
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Buffer } from "node:buffer";
import { concatBytes } from "../../lib/bytes/mod.ts";
import { CATALOG_MAGIC } from "../../lib/catalog/format.ts";
import { writeUnsignedVarint } from "../../lib/catalog/varint.ts";
import { Datastore, LocalRepository } from "../../lib/datastore/mod.ts";
import { ConnectionError } from "../../lib/errors/mod.ts";
import type { HeaderField, HttpResponse } from "../../lib/http/mod.ts";
import { Http1Client } from "../../lib/http1/mod.ts";
import * as format from "../../lib/pxar/format.ts";
import { RawArchive } from "../support/raw_archive.ts";
import { connectServed, logInServed } from "../support/served_connection.ts";
import { ServerProcess } from "../support/server_process.ts";
import { STORED_SNAPSHOT } from "../support/store_archives.ts";
import { type RepeatedChunk, storeRepeated } from "../support/store_repeated.ts";

const LIMIT_BYTES = 400_000_000;
/** What others may have to wait at most; counted generously. */
const ANSWER_MS = 30_000;
/** How often a server's memory is looked at. */
const WATCH_MS = 100;
const TABLE_TIMES = 250;
const TIMES = 50;
/** By archive and by catalog. */
const GOOD_ENTRIES = [1_000_000, 200_000] as const;
const D = "/api2/json/admin/datastore/store1";
const encoder = new TextEncoder();

const varint = (value: number) => {
  const bytes = new Uint8Array(10);
  return bytes.subarray(0, writeUnsignedVarint(bytes, 0, value));
};
const numbers = (...values: (number | bigint)[]) =>
  new Uint8Array(BigUint64Array.from(values, BigInt).buffer);

function filled(size: number, piece: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(Math.floor(size / piece.byteLength) * piece.byteLength);
  for (let at = 0; at < bytes.byteLength; at += piece.byteLength) bytes.set(piece, at);
  return bytes;
}

/** An archive whose root has entries of one kind, `count` of them by its table. */
function archiveOf(entries: RepeatedChunk, table: RepeatedChunk, count: number): RepeatedChunk[] {
  const head = new RawArchive().bytes();
  const goodbye = head.byteLength + entries[0].byteLength * entries[1];
  const size = format.MIN_GOODBYE_SIZE + count * format.GOODBYE_ITEM_SIZE;
  const header = numbers(format.ITEM_TYPES[format.GOODBYE]![1], size);
  const tail = numbers(format.GOODBYE_TAIL_MARKER, goodbye, size);
  return [[head, 1], entries, [header, 1], table, [tail, 1]].filter(([bytes, times]) =>
    (bytes as Uint8Array).byteLength * (times as number) > 0
  ) as RepeatedChunk[];
}

function catalogOf(start: Uint8Array, entries: RepeatedChunk): RepeatedChunk[] {
  const length = start.byteLength + entries[0].byteLength * entries[1];
  const head = concatBytes([CATALOG_MAGIC, varint(length), start]);
  return [[head, 1], entries, [numbers(CATALOG_MAGIC.byteLength), 1]];
}

/** Small snapshots that are gigabytes for who looks into them. */
function bombs(): Record<string, Record<string, RepeatedChunk[]>> {
  const nothing: RepeatedChunk = [new Uint8Array(0), 0];
  const items: RepeatedChunk = [new Uint8Array(format.GOODBYE_ITEM_SIZE * 500_000), TABLE_TIMES];
  const pipe = new RawArchive();
  const start = pipe.position;
  const pipes = filled(12_000_000, pipe.node("p", 0o10644).bytes().subarray(start));
  const pipeCount = pipes.byteLength / (pipe.position - start) * TIMES;
  const folder = new RawArchive().directory("d").bytes().subarray(start);
  const folders = filled(12_000_000, folder);
  const folderCount = folders.byteLength / folder.byteLength * TIMES;
  // Every item leads to the last entry, and may: no two of them are looked at together.
  const item = numbers(0, folder.byteLength, folder.byteLength);
  const table = (count: number): RepeatedChunk => {
    const times = Math.ceil(count * format.GOODBYE_ITEM_SIZE / 12_000_000);
    return [filled(Math.floor(count / times) * item.byteLength, item), times];
  };
  const countOf = ([bytes, times]: RepeatedChunk) =>
    bytes.byteLength * times / format.GOODBYE_ITEM_SIZE;
  const [pipeTable, folderTable] = [table(pipeCount), table(folderCount)];
  const letters = filled(12_000_000, encoder.encode("l\x01x"));
  return {
    "nothing but a table": { "x.pxar.didx": archiveOf(nothing, items, 500_000 * TABLE_TIMES) },
    "pipes": { "x.pxar.didx": archiveOf([pipes, TIMES], pipeTable, countOf(pipeTable)) },
    "folders": { "x.pxar.didx": archiveOf([folders, TIMES], folderTable, countOf(folderTable)) },
    "catalog of ones": {
      "catalog.pcat1.didx": catalogOf(varint(1), [new Uint8Array(12_000_000).fill(1), TABLE_TIMES]),
    },
    "catalog of links": {
      "catalog.pcat1.didx": catalogOf(varint(4_000_000 * TIMES), [letters, TIMES]),
    },
  };
}

/** A directory of a million files, as a backup would write it, and its catalog. */
function goodArchive(): Record<string, RepeatedChunk[]> {
  const archive = new RawArchive();
  const start = archive.position;
  for (let i = 0; i < 1000; i++) archive.file(`file-${i}`, "");
  const files = archive.bytes().subarray(start);
  // Hashes are of no meaning to a listing.
  const table = new Uint8Array(1000 * format.GOODBYE_ITEM_SIZE);
  const names = Array.from({ length: 1000 }, (_, i) => `file-${i}`);
  const entries = concatBytes(
    names.map((name) =>
      concatBytes([
        encoder.encode("f"),
        varint(name.length),
        encoder.encode(name),
        varint(0),
        varint(0),
      ])
    ),
  );
  const [archived, listed] = GOOD_ENTRIES;
  return {
    "x.pxar.didx": archiveOf([files, archived / 1000], [table, archived / 1000], archived),
    "catalog.pcat1.didx": catalogOf(varint(listed), [entries, listed / 1000]),
  };
}

/** Ends a server that takes too much memory or too long, so that nobody waits for it. */
function watchServer(server: ServerProcess, patienceMs: number): Disposable {
  const endMs = performance.now() + patienceMs;
  const timer = setInterval(() => {
    const peak = server.peakMemoryBytes();
    if (peak < LIMIT_BYTES && performance.now() < endMs) return;
    console.log(`ended with ${peak >> 20} MiB`);
    clearInterval(timer);
    server.child.kill("SIGKILL");
  }, WATCH_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

class Visitor {
  constructor(readonly server: ServerProcess, readonly login: readonly HeaderField[]) {}

  async get(path: string): Promise<{ client: Http1Client; response: HttpResponse }> {
    const client = new Http1Client(await connectServed(this.server), { host: "localhost" });
    const response = await client.request({ method: "GET", path, headers: this.login });
    return { client, response };
  }

  /** Looks into a snapshot, and after `most` bytes goes away. @returns What was got. */
  async look(call: string, time: number, query: string, most = 1 << 30): Promise<string> {
    const path = `${D}/${call}?backup-type=host&backup-id=elsa&backup-time=${time}&${query}`;
    const { client, response } = await this.get(path);
    let text = "";
    let length = 0;
    const decoder = new TextDecoder();
    try {
      for (let piece = await response.body.read(); piece; piece = await response.body.read()) {
        length += piece.byteLength;
        if (text.length < 1000) text += decoder.decode(piece, { stream: true });
        if (length > most) break;
      }
    } catch (error) {
      // Damage that the server meets when it has begun to answer.
      if (!(error instanceof ConnectionError)) throw error;
    }
    client.abort();
    return `${response.status} ${length} ${text}`;
  }

  /** Another request is answered while something goes on. */
  async answersWhile(work: Promise<unknown>): Promise<void> {
    let over = false;
    const end = work.finally(() => void (over = true));
    // It is waited for below, unless a request fails before.
    end.catch(() => {});
    do {
      const { client, response } = await this.get("/api2/json/version");
      assertEquals(response.status, 200);
      await response.body.bytes(10_000);
      client.abort();
    } while (!over);
    await end;
  }
}

Deno.test("tables of gigabytes that are no gigabytes cost a server neither memory nor other clients", async () => {
  await using server = await ServerProcess.start();
  await using repository = new LocalRepository(Datastore.open(`${server.dir.path}/store`));
  const visitor = new Visitor(server, await logInServed(server));
  let { time } = STORED_SNAPSHOT;
  const encode = (path: string) => encodeURIComponent(Buffer.from(path).toString("base64"));
  const outcomes: Record<string, string[]> = {};
  for (const [name, streams] of Object.entries(bombs())) {
    await storeRepeated(repository, streams, { ...STORED_SNAPSHOT, time: ++time });
    const archive = "x.pxar.didx" in streams;
    const calls: (() => Promise<string>)[] = archive
      ? [
        () => visitor.look("catalog", time, "archive-name=x.pxar.didx&filepath=/", 5_000_000),
        () => visitor.look("catalog", time, `archive-name=x.pxar.didx&filepath=${encode("/none")}`),
        () =>
          visitor.look(
            "pxar-file-download",
            time,
            `filepath=${encode("/x.pxar.didx")}&tar=1`,
            1000,
          ),
      ]
      : [
        () => visitor.look("catalog", time, "filepath=/", 5_000_000),
        () => visitor.look("catalog", time, `filepath=${encode("/none")}`),
      ];
    const answers: string[] = [];
    const work = (async () => {
      for (const call of calls) answers.push(await call());
    })();
    using _watch = watchServer(server, ANSWER_MS * calls.length);
    await visitor.answersWhile(work).catch((cause) => {
      throw new Error(`${name}: the server did not stay in its bounds`, { cause });
    });
    outcomes[name] = answers;
    console.log(
      `${name}: ${server.peakMemoryBytes() >> 20} MiB`,
      answers.map((answer) => answer.slice(0, 150)),
    );
    assert(server.peakMemoryBytes() < LIMIT_BYTES, `${name}: ${server.peakMemoryBytes()} bytes`);
  }
  for (const answer of outcomes["nothing but a table"]!) {
    assertStringIncludes(answer, "more than fit into");
  }
  for (const name of ["pipes", "catalog of links"]) {
    assert(outcomes[name]![0]!.startsWith("200 5"), name);
  }
});

Deno.test("a directory of a million files is listed, by archive and by catalog, in little memory", async () => {
  await using server = await ServerProcess.start();
  await using repository = new LocalRepository(Datastore.open(`${server.dir.path}/store`));
  const visitor = new Visitor(server, await logInServed(server));
  await storeRepeated(repository, goodArchive());
  const { time } = STORED_SNAPSHOT;
  for (
    const [query, count] of [
      ["archive-name=x.pxar.didx&filepath=/", GOOD_ENTRIES[0]],
      ["filepath=/", GOOD_ENTRIES[1]],
    ] as const
  ) {
    const work = visitor.look("catalog", time, query);
    await visitor.answersWhile(work);
    const [status, length, start] = (await work).split(" ", 3);
    console.log(`${query}: ${length} bytes, ${server.peakMemoryBytes() >> 20} MiB`);
    assertEquals(status, "200", start);
    // Every entry takes its path, a name of 6 to 8 letters, and the rest.
    assert(Number(length) > count * 80, `${length} bytes`);
    assert(server.peakMemoryBytes() < LIMIT_BYTES, `${server.peakMemoryBytes()} bytes`);
  }
});

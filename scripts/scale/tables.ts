import { unitDigits } from "../../lib/marking/mod.ts";
import {
  BUDGET,
  CHANGE,
  CLIENT_SIZES,
  CLIENTS,
  COMPRESSION,
  FILE_ENTRY,
  GARBAGE,
  LINK,
  LIST_LATENCY,
  LISTED_PER_SECOND,
  MARKED_PER_SECOND,
  MEAN_CHUNK,
  NIGHT,
  PAGE,
  PARALLEL_LISTS,
  type PriceClass,
  PRICES,
  SIZES,
  SNAPSHOT_OBJECTS,
  SNAPSHOTS,
  type StoreSize,
  TABLE_ENTRY,
} from "./assumptions.ts";
import { amount, bytes, duration, money } from "./units.ts";

/** Bytes of an entry of an index, on average of both kinds. */
const INDEX_ENTRY = 36;
const STORED_CHUNK = MEAN_CHUNK * COMPRESSION;

type Row = readonly string[];

/** Numbers of a store that follow from its size. */
function sizeUp({ bytes: size, groups }: StoreSize) {
  const chunks = size / MEAN_CHUNK;
  const entries = chunks / (1 + (SNAPSHOTS - 1) * CHANGE) * SNAPSHOTS;
  const files = groups * SNAPSHOTS * SNAPSHOT_OBJECTS;
  return { chunks, entries, files, stored: size * COMPRESSION, indexBytes: entries * INDEX_ENTRY };
}

/** Texts of the tables of docs/internals/scale.md, by name. */
export function scaleTables(): Map<string, string> {
  return new Map([
    ["store", storeTable()],
    ["full", fullTable()],
    ["night", nightTable()],
    ["collection", collectionTable()],
    ["filters", filterTable()],
    ["restore", restoreTable()],
  ]);
}

function storeTable(): string {
  const sizes = SIZES.map(sizeUp);
  const cost = ({ storage }: PriceClass) =>
    sizes.map(({ stored }) => money(stored / 1e9 * storage));
  return table(["", ...SIZES.map(({ name }) => name)], [
    ["chunks", ...sizes.map(({ chunks }) => amount(chunks))],
    ["stored", ...sizes.map(({ stored }) => bytes(stored))],
    ["groups", ...SIZES.map(({ groups }) => amount(groups))],
    ["snapshots", ...SIZES.map(({ groups }) => amount(groups * SNAPSHOTS))],
    ["objects that are no chunks", ...sizes.map(({ files }) => amount(files))],
    ["index entries", ...sizes.map(({ entries }) => amount(entries))],
    ["bytes of indexes", ...sizes.map(({ indexBytes }) => bytes(indexBytes))],
    ...PRICES.map((price) => [`storage a month, ${price.name}`, ...cost(price)]),
  ]);
}

function fullTable(): string {
  const sizes = SIZES.map(sizeUp);
  const cost = ({ write }: PriceClass) => sizes.map(({ chunks }) => money(chunks / 1e6 * write));
  return table(["", ...SIZES.map(({ name }) => name)], [
    ["PUT requests", ...sizes.map(({ chunks }) => amount(chunks))],
    ["at 1 Gbit/s", ...sizes.map(({ stored }) => duration(stored / LINK))],
    ["at 10 Gbit/s", ...sizes.map(({ stored }) => duration(stored / LINK / 10))],
    ...PRICES.map((price) => [`requests, ${price.name}`, ...cost(price)]),
  ]);
}

function nightTable(): string {
  const nights = CLIENT_SIZES.map((size) => {
    const changed = size * CHANGE * CLIENTS;
    const chunks = changed / MEAN_CHUNK;
    const objects = CLIENTS * (SNAPSHOT_OBJECTS + 1);
    const indexes = size / MEAN_CHUNK * INDEX_ENTRY * CLIENTS;
    return { chunks, objects, indexes, stored: changed * COMPRESSION };
  });
  const cost = ({ write, read, egress }: PriceClass) =>
    nights.map(({ chunks, objects, indexes }) => {
      const night = (chunks + objects) / 1e6 * write + objects / 1e6 * read +
        indexes / 1e9 * egress;
      return money(night * 30);
    });
  return table(["", ...CLIENT_SIZES.map((size) => `${bytes(size)} each`)], [
    ["new chunks", ...nights.map(({ chunks }) => amount(chunks))],
    ["PUT requests", ...nights.map(({ chunks, objects }) => amount(chunks + objects))],
    [
      "the same a second",
      ...nights.map(({ chunks, objects }) => amount((chunks + objects) / NIGHT)),
    ],
    ["sent", ...nights.map(({ stored }) => bytes(stored))],
    ["the same a second", ...nights.map(({ stored }) => bytes(stored / NIGHT))],
    ["indexes of the snapshots before, read", ...nights.map(({ indexes }) => bytes(indexes))],
    ...PRICES.map((price) => [`requests and reading a month, ${price.name}`, ...cost(price)]),
  ]);
}

/** Numbers of a collection of a store. */
function collect(size: StoreSize) {
  const { chunks, entries, files, indexBytes } = sizeUp(size);
  const digits = unitDigits(chunks);
  const lists = Math.ceil(chunks / PAGE + 16 ** digits / 2);
  const inMemory = chunks * TABLE_ENTRY <= BUDGET;
  const listing = Math.max(lists * LIST_LATENCY / PARALLEL_LISTS, chunks / LISTED_PER_SECOND);
  return {
    ...{ digits, lists, indexBytes, listing },
    indexes: files * 3 / SNAPSHOT_OBJECTS,
    memory: inMemory ? chunks * TABLE_ENTRY : BUDGET,
    disk: inMemory ? 0 : chunks * FILE_ENTRY,
    marking: entries / MARKED_PER_SECOND,
    reading: indexBytes / LINK,
    removals: Math.ceil(chunks * GARBAGE / PAGE),
  };
}

function collectionTable(): string {
  const runs = SIZES.map(collect);
  const cost = ({ write, read, egress }: PriceClass) =>
    runs.map(({ lists, indexes, indexBytes }) =>
      money(lists / 1e6 * write + indexes / 1e6 * read + indexBytes / 1e9 * egress)
    );
  return table(["", ...SIZES.map(({ name }) => name)], [
    ["indexes read", ...runs.map(({ indexes }) => amount(indexes))],
    ["reading them at 1 Gbit/s", ...runs.map(({ reading }) => duration(reading))],
    ["marking at the goal's rate", ...runs.map(({ marking }) => duration(marking))],
    ["memory for marks, at most", ...runs.map(({ memory }) => bytes(memory))],
    ["temporary file", ...runs.map(({ disk }) => disk === 0 ? "none" : bytes(disk))],
    ["prefixes listed", ...runs.map(({ digits }) => amount(16 ** digits))],
    ["list requests", ...runs.map(({ lists }) => amount(lists))],
    ["listing, 16 prefixes at a time", ...runs.map(({ listing }) => duration(listing))],
    ["removals, a thousand each", ...runs.map(({ removals }) => amount(removals))],
    ...PRICES.map((price) => [`money, ${price.name}`, ...cost(price)]),
  ]);
}

/** Bits of a Bloom filter per entry for a rate of false answers. */
function bloomBits(rate: number): number {
  return Math.log2(1 / rate) / Math.LN2;
}

function filterTable(): string {
  const count = 1e10;
  const kept = (rate: number) => rate === 0 ? "none" : amount(count * GARBAGE * rate);
  const filters: (readonly [string, number, number])[] = [
    ...[100, 1000, 1e6].map((times) =>
      [`Bloom filter, false once in ${amount(times)}`, bloomBits(1 / times), 1 / times] as const
    ),
    // Four fingerprints in each of two buckets, 95 % full.
    ...[12, 16, 24].map((bits) =>
      [`cuckoo filter, ${bits} bits`, bits / 0.95, 8 / 2 ** bits] as const
    ),
    ["digests in one table", TABLE_ENTRY * 8, 0],
  ];
  const rows = filters.map(([name, bits, rate]) => {
    return [name, bytes(count * bits / 8), "none", kept(rate), rate === 0 ? "yes" : "no"];
  });
  const ours = ["partitions", bytes(BUDGET), bytes(count * FILE_ENTRY), "none", "yes"];
  const head = ["10^10 digests", "memory", "disk", "garbage never removed, chunks"];
  return table([...head, "finds missing chunks"], [...rows, ours]);
}

function restoreTable(): string {
  const latencies = [0.001, 0.03, 0.1];
  const rate = (inFlight: number, latency: number) => {
    return Math.min(inFlight * STORED_CHUNK / (latency + STORED_CHUNK / LINK), LINK) / COMPRESSION;
  };
  return table(["requests in flight", ...latencies.map((latency) => `${latency * 1000} ms`)], [
    ...[1, 2, 4, 8, 16].map((inFlight) => [
      amount(inFlight),
      ...latencies.map((latency) => `${bytes(rate(inFlight, latency))}/s`),
    ]),
    ["1 TB with 16", ...latencies.map((latency) => duration(1e12 / rate(16, latency)))],
  ]);
}

function table(head: Row, rows: readonly Row[]): string {
  const line = (row: Row) => `| ${row.join(" | ")} |`;
  return [line(head), line(head.map((_, i) => i === 0 ? "---" : "---:")), ...rows.map(line)]
    .join("\n");
}

/** A document with the tables between their marks made anew. */
export function withTables(document: string, tables: Map<string, string> = scaleTables()): string {
  const seen = new Set<string>();
  const marks = /(<!-- table: (\w+) -->\n)[^]*?(<!-- end -->)/g;
  const result = document.replace(marks, (_, begin, name, end) => {
    const text = tables.get(name);
    if (text === undefined) throw new Error(`there is no table "${name}"`);
    seen.add(name);
    return `${begin}\n${text}\n\n${end}`;
  });
  for (const name of tables.keys()) {
    if (!seen.has(name)) throw new Error(`the document has no place for table "${name}"`);
  }
  return result;
}

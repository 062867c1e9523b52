// deno-lint-ignore-file no-console -- what was measured is reported
import { assert, assertEquals } from "@std/assert";
import { type Work, WorkCounter } from "../support/work_counter.ts";
import { findParsers } from "./find_parsers.ts";
import type { ParserCases, WorkCase } from "./work_case.ts";
import { HTTP_PARSERS } from "./work_of_http.ts";
import { NAME_PARSERS } from "./work_of_names.ts";
import { OBJECT_STORE_PARSERS } from "./work_of_object_store.ts";
import { STORED_PARSERS } from "./work_of_stored.ts";
import { TEXT_PARSERS } from "./work_of_texts.ts";

/** Sizes that are compared, bytes. */
const SIZES = [6_000, 24_000] as const;
/** Four times the input may take so many times the work; with a logarithm in it, or a larger table. */
const GROWTH = 5;
/** What every call costs, whatever it is given. */
const BASE_STEPS = 5_000;
const BASE_BYTES = 500_000;
/**
 * Memory that a byte of input may take over time; what is held at once is less. An error with its stack
 * for every other byte is what comes nearest.
 */
const BYTES_PER_BYTE = 3_000;

const MEASURED: ParserCases = {
  ...TEXT_PARSERS,
  ...STORED_PARSERS,
  ...NAME_PARSERS,
  ...HTTP_PARSERS,
  ...OBJECT_STORE_PARSERS,
};

/** Parsers that are not measured here, and why. */
const NOT_MEASURED: Readonly<Record<string, string>> = {
  ...because("takes a number of bytes that the call tells", [
    "lib/http2/_header_block.ts readUint31",
    "lib/http2/_header_block.ts readUint32",
    "lib/index/_header.ts readU64",
    "lib/pxar/_entry_positions.ts readTableNumber",
    "lib/pxar/_item_header.ts readContentSize",
    "lib/pxar/_item_header.ts readItemType",
    "lib/pxar/nearby_contents.ts readNearbyContents",
  ]),
  ...because("is part of the readers of archives, which are measured", [
    "lib/browse/archive_reader.ts ArchiveReader",
    "lib/pxar/_entry_builder.ts readName",
    "lib/search/_name_sources.ts readNames",
  ]),
  ...because("reads a file, whose bytes go to a parser that is measured", [
    "lib/backup/_source_file.ts readSource",
    "lib/bounded/read_small_file.ts readSmallFile",
    "lib/bounded/read_small_file.ts readSmallFileSync",
    "lib/bounded/read_small_file.ts readSmallText",
    "lib/datastore/gc_status.ts readGcStatus",
    "lib/datastore/group_notes.ts readGroupNotes",
    "lib/datastore/group_owner.ts readOwner",
    "lib/datastore/snapshot_manifest.ts readManifest",
    "lib/datastore/snapshot_manifest.ts readManifestBlob",
    "lib/guest/guest_map.ts readGuestMap",
    "lib/remote/_cache_file.ts readCacheFile",
    "lib/self_check/read_pack_table.ts readAt",
    "lib/self_check/read_pack_table.ts readPackTable",
    "lib/server/files/private_file.ts readFileIfThere",
    "lib/schedule/job_files.ts readIfThere",
    "lib/server/config/server_folder.ts readServerConfig",
    "lib/tls/read_authorities.ts readAuthorities",
  ]),
  ...because("hands bytes on as they are, piece by piece", [
    "lib/download/_ahead.ts readAhead",
    "lib/download/read_content.ts readContent",
    "lib/download/read_range.ts readRange",
    "lib/server/rest/read_chunks.ts readChunks",
  ]),
  ...because("reads what whoever runs the program types or gives it", [
    "cli/completion/read_unfinished_line.ts readUnfinishedLine",
    "cli/configuration/read_jobs_file.ts readJobsFile",
    "cli/guest/read_ticket.ts readTicket",
    "cli/keys/key_protection.ts readProtection",
    "cli/keys/key_protection.ts readSecret",
    "cli/secrets/read_answer.ts readAnswer",
    "cli/keys/read_crypt_options.ts readCryptOptions",
    "cli/secrets/read_environment_secret.ts readEnvironmentSecret",
    "cli/files/read_input.ts readInputDescriptor",
    "cli/files/read_input.ts readInputPath",
    "cli/files/read_input_text.ts readInputText",
    "cli/read_warnings_exit.ts readWarningsExit",
    "cli/options/leave_out_options.ts readLeaveOut",
  ]),
  ...because("reads what our own native code wrote", [
    "lib/fs/_extract_reports.ts readExtractReports",
  ]),
};

function because(reason: string, parsers: readonly string[]): Record<string, string> {
  return Object.fromEntries(parsers.map((parser) => [parser, reason]));
}

Deno.test("every parser of outside bytes is measured, or says why not", () => {
  // A new one belongs into one of the files work_of_*.ts; see find_parsers.ts for what makes it one.
  const listed = new Set([...Object.keys(MEASURED), ...Object.keys(NOT_MEASURED)]);
  const found = new Set(findParsers());
  assertEquals([...found.difference(listed)], [], "neither measured nor excused");
  assertEquals([...listed.difference(found)], [], "gone, or renamed");
});

/** Runs everything of a parser with inputs of a size, one after the other. */
async function countAll(
  counter: WorkCounter,
  cases: readonly WorkCase[],
  size: number,
): Promise<Work> {
  const runs = cases.map((prepare) => prepare(size));
  return await counter.count(async () => {
    for (const run of runs) {
      try {
        await run();
      } catch {
        // Refusing bytes is work like any other.
      }
    }
  });
}

/** What is wrong with the growth of work from one size to four times as much. */
function complaints(once: Work, fourTimes: Work, cases: number): string[] {
  const found: string[] = [];
  const bytes = (work: Work) => work.allocatedBytes + cases * BASE_BYTES;
  if (fourTimes.steps > GROWTH * (once.steps + cases * BASE_STEPS)) {
    found.push(`${once.steps} steps, then ${fourTimes.steps}`);
  }
  if (
    bytes(fourTimes) > GROWTH * bytes(once) ||
    bytes(fourTimes) > cases * (BASE_BYTES + BYTES_PER_BYTE * SIZES[1])
  ) {
    found.push(`${once.allocatedBytes} bytes, then ${fourTimes.allocatedBytes}`);
  }
  return found;
}

Deno.test("the work and the memory of every parser grow with its input, and no faster", async () => {
  using counter = await WorkCounter.start();
  const failures: string[] = [];
  let count = 0;
  for (const [parser, kinds] of Object.entries(MEASURED)) {
    const cases = Object.values(kinds);
    count += cases.length;
    assert(cases.length > 0, parser);
    const once = await countAll(counter, cases, SIZES[0]);
    const fourTimes = await countAll(counter, cases, SIZES[1]);
    assert(fourTimes.steps > 0, `${parser}: nothing was counted`);
    if (complaints(once, fourTimes, cases.length).length === 0) continue;
    // Which of them it is.
    for (const [kind, prepare] of Object.entries(kinds)) {
      const small = await countAll(counter, [prepare], SIZES[0]);
      const large = await countAll(counter, [prepare], SIZES[1]);
      for (const complaint of complaints(small, large, 1)) {
        failures.push(`${parser}: ${kind}: ${complaint}`);
      }
    }
    failures.push(`${parser}: ${complaints(once, fourTimes, cases.length)}`);
  }
  console.log(`${Object.keys(MEASURED).length} parsers, ${count} kinds of input`);
  assertEquals(failures, []);
});

Deno.test("the counters see work that grows with the square", async () => {
  using counter = await WorkCounter.start();
  const square = (n: number) => () => {
    let text = "a".repeat(n);
    while (text.length > 0) {
      text.replaceAll("b", "c");
      text = text.slice(1);
    }
  };
  const once = await counter.count(square(1000));
  const fourTimes = await counter.count(square(4000));
  assert(fourTimes.steps > 12 * once.steps, `${once.steps} and ${fourTimes.steps}`);
  const memory = await counter.count(() => new Uint8Array(10_000_000));
  assert(memory.allocatedBytes >= 10_000_000, `${memory.allocatedBytes}`);
});

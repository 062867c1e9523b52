import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { checkTable } from "../configuration/check_table.ts";
import { JOBS_FILE } from "../configuration/job_keys.ts";
import { parseToml } from "../../lib/tables/mod.ts";
import { fromBorgmatic } from "./from_borgmatic.ts";
import { fromResticprofile } from "./from_resticprofile.ts";
import type { ImportedJobs } from "./imported_jobs.ts";
import { tomlText } from "./toml_text.ts";

const BORGMATIC_KEYS = (
  "source_directories repositories location retention hooks exclude_patterns exclude_from " +
  "exclude_if_present exclude_caches one_file_system keep_daily keep_within retries " +
  "upload_rate_limit before_backup after_backup on_error commands healthchecks ntfy path label " +
  "before after run when states topic server ping_url constructor __proto__"
).split(" ");
const RESTICPROFILE_KEYS = (
  "version profiles global default inherit repository initialize env backup source exclude " +
  "exclude-file exclude-caches exclude-larger-than one-file-system schedule host tag forget " +
  "retention keep-daily keep-last run-before run-after run-finally limit-upload constructor"
).split(" ");
const TEXTS = [
  "/",
  "/srv/a",
  "a b",
  "*:00,30",
  "daily",
  "ssh://joe@host/./x",
  "2",
  "1G",
  "\n\u007f\ud800",
];

/** Values of any kind under keys that mean something. */
function tables(keys: readonly string[]): fc.Arbitrary<Record<string, unknown>> {
  const { table } = fc.letrec<{ value: unknown; table: Record<string, unknown> }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom<unknown>(...TEXTS, true, false, null, 0, 7, -1, 1.5),
      fc.array(fc.constantFrom<unknown>(...TEXTS, 7), { maxLength: 3 }),
      fc.array(tie("table"), { maxLength: 2 }),
      tie("table"),
    ),
    table: fc.dictionary(fc.constantFrom(...keys), tie("value"), { maxKeys: 6 }),
  }));
  return table;
}

/** Whatever is imported is a file that our check understands, but for what is missing. */
function assertReadable(imported: ImportedJobs): void {
  const text = tomlText(imported, "a\nfile");
  const faults: string[] = [];
  checkTable(parseToml(text), JOBS_FILE, [], ({ line, key, reason }) => {
    faults.push(`${line} ${key}: ${reason}`);
  });
  assertEquals(faults, [], text);
}

Deno.test("any table of borgmatic becomes a file that can be read", () => {
  fc.assert(
    fc.property(tables(BORGMATIC_KEYS), (value) => assertReadable(fromBorgmatic(value, "job"))),
    { numRuns: 500 },
  );
});

Deno.test("any table of resticprofile becomes a file that can be read", () => {
  fc.assert(
    fc.property(tables(RESTICPROFILE_KEYS), (value) => assertReadable(fromResticprofile(value))),
    { numRuns: 500 },
  );
});

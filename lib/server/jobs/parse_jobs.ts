import { UsageError } from "../../errors/mod.ts";
import { ParameterError, verifyParameters } from "../api/mod.ts";
import { parseSections } from "../config/mod.ts";
import type { SectionJob } from "./job.ts";
import { JOB_ID, JOB_KINDS, type JobKind } from "./job_kinds.ts";

/**
 * Reads the text of a file of jobs: `prune.cfg` or `verification.cfg`.
 *
 * @param name What messages call the file.
 * @throws {UsageError} naming the line of the section that is wrong.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * const text = "prune: nightly\n\tschedule 02:30\n\tstore store1\n\tkeep-last 3\n";
 * assertEquals(parseJobs("prune", text, "prune.cfg")[0]!.properties["keep-last"], 3);
 * ```
 */
export function parseJobs(kind: JobKind, text: string, name: string): SectionJob[] {
  const { section: word, properties } = JOB_KINDS[kind];
  const jobs: SectionJob[] = [];
  const names = new Set<string>();
  for (const section of parseSections(text, name)) {
    const fail = (reason: string): never => {
      throw new UsageError(
        `${name}, line ${section.line}: ${section.kind} "${section.name}": ${reason}`,
      );
    };
    if (section.kind !== word) fail(`expected a section "${word}: NAME"`);
    if (names.has(section.name)) fail("it is defined twice");
    names.add(section.name);
    try {
      const variables = new Map([["id", section.name]]);
      const raw = { form: "text", pairs: section.properties } as const;
      const values = verifyParameters({ id: JOB_ID, ...properties }, raw, variables);
      const found = Object.keys(properties)
        .filter((key) => values.has(key))
        .map((key) => [key, values.value(key)]);
      jobs.push({ kind, id: section.name, properties: Object.fromEntries(found) });
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const { problems } = error instanceof ParameterError ? error : { problems: [] };
      fail(problems.map((each) => `"${each.name}": ${each.text}`).join("; ") || error.message);
    }
  }
  return jobs;
}

import { UsageError } from "../../errors/mod.ts";
import { ParameterError, verifyParameters } from "../api/mod.ts";
import { parseSections } from "../config/mod.ts";
import type { SectionJob } from "./job.ts";
import type { JobProperties, JobValue } from "./job_properties.ts";
import { JOB_KINDS, type JobKind } from "./job_kinds.ts";
import { JOB_ID } from "./job_schemas.ts";

/** A job as a file has it. */
export interface StoredJob extends SectionJob {
  /** Word in front of its section's name. */
  readonly section: string;
}

/**
 * Reads the text of a file of jobs: `prune.cfg`, `verification.cfg` or `sync.cfg`.
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
export function parseJobs(kind: JobKind, text: string, name: string): StoredJob[] {
  const { sections, properties, section: wordOf, refuse } = JOB_KINDS[kind];
  const jobs: StoredJob[] = [];
  const names = new Set<string>();
  for (const section of parseSections(text, name)) {
    const fail = (reason: string): never => {
      throw new UsageError(
        `${name}, line ${section.line}: ${section.kind} "${section.name}": ${reason}`,
      );
    };
    const implied = Object.hasOwn(sections, section.kind) ? sections[section.kind] : undefined;
    if (implied === undefined) {
      const expected = Object.keys(sections).map((word) => `"${word}: NAME"`).join(" or ");
      return fail(`expected a section ${expected}`);
    }
    if (names.has(section.name)) fail("it is defined twice");
    names.add(section.name);
    try {
      const variables = new Map([["id", section.name]]);
      const raw = { form: "text", pairs: section.properties } as const;
      const values = verifyParameters({ id: JOB_ID, ...properties }, raw, variables);
      const found: JobProperties = Object.fromEntries(
        Object.keys(properties)
          .filter((key) => values.has(key))
          .map((key) => [key, values.value(key) as JobValue]),
      );
      const all = { ...implied, ...found };
      const problem = wordOf(all) === section.kind
        ? refuse?.(all)
        : `the section of such a job begins with "${wordOf(all)}:"`;
      if (problem !== undefined) throw new UsageError(problem);
      jobs.push({ kind, id: section.name, section: section.kind, properties: all });
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const { problems } = error instanceof ParameterError ? error : { problems: [] };
      fail(problems.map((each) => `"${each.name}": ${each.text}`).join("; ") || error.message);
    }
  }
  return jobs;
}

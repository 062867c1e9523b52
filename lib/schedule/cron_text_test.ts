import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { UsageError } from "../errors/mod.ts";
import { addToCrontab, crontabJobs, removeFromCrontab } from "./crontab_sections.ts";
import { cronCommand, cronFile } from "./cron_text.ts";
import type { Job } from "./job.ts";

const JOB: Job = {
  name: "nightly",
  program: "/usr/bin/printf",
  words: ["backup"],
  calendar: "daily",
  randomDelaySeconds: 0,
  persistent: true,
  environment: [],
  credentials: [],
  user: "root",
};

/** Implementations of cron, by what they make of a command: they differ in pairs of backslashes. */
const CRONS: readonly ((command: string) => string)[] = [
  (command) => command.replace(/\\%|%/g, (found) => found === "%" ? "\n" : "%"),
  (command) => command.replace(/\\[%\\]|%/g, (found) => found === "%" ? "\n" : found.slice(1)),
];

async function run(shellLine: string): Promise<string[]> {
  const { stdout, success, stderr } = await new Deno.Command("/bin/sh", {
    args: ["-c", shellLine],
    clearEnv: true,
    env: { PATH: "/usr/bin:/bin" },
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(stdout).split("\0").slice(0, -1);
}

const word = fc.string({
  unit: fc.oneof(
    fc.constantFrom(..."%$\\\"' \t;&|<>(){}`~#*?!aü".split("")),
    fc.constantFrom("\\%", "\\\\", "''"),
  ),
});

Deno.test("cronCommand() gives the shell the words, whichever cron reads the line", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(word, { minLength: 1, maxLength: 4 }), async (words) => {
      const command = cronCommand({ ...JOB, words: ["%s\\0", ...words] });
      for (const cron of CRONS) assertEquals(await run(cron(command)), words);
    }),
    { numRuns: 60 },
  );
});

Deno.test("cronCommand() gives variables and secrets as files, and a delay", async () => {
  const job: Job = {
    ...JOB,
    program: "/usr/bin/env",
    words: ["-0"],
    environment: [["PBS_REPOSITORY", "joe@pbs!a'b%@host:store"]],
    credentials: [{ kind: "password", path: "/etc/my secret" }],
    randomDelaySeconds: 0,
  };
  for (const cron of CRONS) {
    const variables = await run(cron(cronCommand(job)));
    assert(variables.includes("PBS_REPOSITORY=joe@pbs!a'b%@host:store"));
    assert(variables.includes("PBS_PASSWORD_FILE=/etc/my secret"));
  }
  const key = {
    ...JOB,
    words: ["%s\\0", "x"],
    credentials: [{ kind: "key", path: "/k" }] as const,
  };
  assertEquals(await run(CRONS[0]!(cronCommand(key))), ["x", "--keyfile", "/k"]);
  const delayed = cronCommand({ ...JOB, words: ["%s\\0", "late"], randomDelaySeconds: 1 });
  assertEquals(await run(CRONS[1]!(delayed)), ["late"]);
});

Deno.test("cronCommand() refuses what no line can hold", () => {
  assertThrows(() => cronCommand({ ...JOB, words: ["two\nlines"] }), UsageError, "line end");
  assertThrows(() => cronCommand({ ...JOB, words: ["x".repeat(2000)] }), UsageError, "script");
});

Deno.test("cronFile() runs as the user of the job", () => {
  const last = cronFile({ ...JOB, user: "joe" }, "0 2 * * *").trimEnd().split("\n").at(-1);
  assertEquals(last, "0 2 * * * joe /usr/bin/printf backup");
});

Deno.test("sections of a crontab come and go without a trace in what others wrote", () => {
  const others = fc.array(
    fc.constantFrom("", "# a note", "0 1 * * * other", "MAILTO=joe", "# Job"),
  );
  fc.assert(fc.property(others, (lines) => {
    const before = lines.map((line) => `${line}\n`).join("");
    const one = addToCrontab(before, "one", "0 2 * * * a");
    const two = addToCrontab(addToCrontab(one, "two", "0 3 * * * b"), "one", "0 4 * * * c");
    const jobs = crontabJobs(two).toSorted((a, b) => a.name < b.name ? -1 : 1);
    assertEquals(jobs, [{ name: "one", line: "0 4 * * * c" }, {
      name: "two",
      line: "0 3 * * * b",
    }]);
    assertEquals(removeFromCrontab(removeFromCrontab(two, "one"), "two"), before);
  }));
  assertEquals(removeFromCrontab("0 1 * * * no end", "one"), "0 1 * * * no end");
});

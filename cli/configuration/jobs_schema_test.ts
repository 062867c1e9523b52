import { assert, assertEquals } from "@std/assert";
import { Ajv2020 } from "ajv/dist/2020.js";
import { parseToml, plainValue } from "../../lib/tables/mod.ts";
import type { Parameter } from "../command.ts";
import { checkTable } from "./check_table.ts";
import { JOBS_FILE } from "./job_keys.ts";
import { jobsSchema } from "./jobs_schema.ts";
import type { TableRule } from "./table_rule.ts";

const matches = new Ajv2020({ strict: true, allErrors: true }).compile(jobsSchema());

/** Whether our check finds nothing, and whether the schema does. */
function verdicts(text: string): [check: boolean, schema: boolean] {
  const table = parseToml(text);
  let faults = 0;
  checkTable(table, JOBS_FILE, [], () => faults++);
  return [faults === 0, matches(JSON.parse(JSON.stringify(plainValue(table))))];
}

/** A value that fits a key, and those that do not. */
function samples({ name, type, repeatable }: Parameter): { good: string; bad: string[] } {
  const wrong = type.kind === "boolean" ? ["1", '"true"'] : ["true", "1.5", "{a = 1}"];
  const of = (value: string) => repeatable ? `[${value}]` : value;
  const bad = [...wrong.map(of), repeatable ? '"x"' : "[]"];
  switch (type.kind) {
    case "boolean":
      return { good: "true", bad };
    case "integer": {
      const { minimum, maximum } = type;
      const limits = [
        ...(minimum === undefined ? [] : [String(minimum - 1)]),
        ...(maximum === undefined ? [] : [String(maximum + 1)]),
      ];
      return { good: of(String(minimum ?? 64)), bad: [...bad, '"1"', ...limits] };
    }
    case "enum":
      return { good: of(`"${type.values[0]}"`), bad: [...bad, of('"x"'), of("1")] };
    case "string": {
      const word = [
        "/a",
        "root.pxar:/",
        "1h",
        "5MB",
        "a:1",
        "name",
        "5%",
        "a@pam",
        "AA:".repeat(31) + "AA",
      ].find((
        each,
      ) => type.format === undefined || type.format.refusal(each) === undefined);
      assert(word !== undefined, `${name}: no word fits its format`);
      const short = (type.minLength ?? 0) > 0 ? [of('""')] : [];
      return { good: of(`"${word}"`), bad: [...bad, of("1"), ...short] };
    }
  }
}

Deno.test("the schema and the check say the same of every key", () => {
  let keys = 0;
  const look = (rule: TableRule, path: string, around: string) => {
    for (const key of rule.keys) {
      const { good, bad } = samples(key);
      keys++;
      const others = rule.keys.filter((each) => each.required && each !== key)
        .map((each) => `${each.name} = ${samples(each).good}\n`).join("");
      const line = (value: string) => `${around}[${path}]\n${others}${key.name} = ${value}\n`;
      assertEquals(verdicts(line(good)), [true, true], line(good));
      for (const value of bad) assertEquals(verdicts(line(value)), [false, false], line(value));
    }
    for (const [name, inner] of Object.entries(rule.tables ?? {})) {
      look(inner, path === "" ? name : `${path}.${name}`, around);
    }
    if (rule.named !== undefined && !rule.named.isOpaque) look(rule.named, `${path}.x`, around);
  };
  look(JOBS_FILE, "", "");
  assert(keys > 60, `only ${keys} keys`);
});

Deno.test("the schema and the check refuse tables, names and keys that are not known", () => {
  for (
    const text of [
      "x = 1",
      "[jobs.a]\nx = 1",
      '[jobs."a b"]\n',
      "jobs = 1",
      "[jobs]\na = 1",
      "[repositories.a]\n",
      "[jobs.a]\nhooks = 1",
      "[jobs.a.hooks]\nx = []",
      '[defaults]\nextends = "a"',
      "[[jobs.a]]\n",
    ]
  ) assertEquals(verdicts(text), [false, false], text);
  assertEquals(verdicts("[alerts.a]\nanything = 1\n[jobs.a]\n[defaults]\n"), [true, true]);
});

import { assert, assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { fromFileUrl } from "@std/path";

const ROOT = fromFileUrl(new URL("../..", import.meta.url));
const SEEDED = "./tests/support/seeded_fast_check.ts";
const FOLDERS = ["cli", "ffi", "lib", "page", "scripts", "tests", "examples"];

/** What a module prints that asks `fast-check` for examples. */
async function examples(seed: string | undefined): Promise<string> {
  const code = 'import fc from "fast-check"; console.log(fc.sample(fc.nat(), 20).join());';
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-check", code],
    cwd: ROOT,
    env: { NO_COLOR: "1", PBS_CLIENT_SEED: seed ?? "" },
  }).output();
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}

Deno.test("property tests try the same cases in every run, and others where a seed is named", async () => {
  const usual = await examples(undefined);
  assertEquals(usual.split(",").length, 20, usual);
  assertEquals(await examples(undefined), usual);
  assertNotEquals(await examples("7"), usual);
  assertStringIncludes(await examples("seven"), "PBS_CLIENT_SEED=seven: a whole number");
});

Deno.test("no property test goes round the seed", () => {
  assert(fc.readConfigureGlobal().seed !== undefined);
  const { imports, scopes } = JSON.parse(Deno.readTextFileSync(`${ROOT}/deno.json`));
  assertEquals(imports["fast-check"], SEEDED);
  assertEquals(Object.keys(scopes), [SEEDED]);
  let [tests, problems] = [0, ""];
  const look = (folder: string) => {
    for (const { name, isDirectory } of Deno.readDirSync(`${ROOT}/${folder}`)) {
      const path = `${folder}/${name}`;
      if (isDirectory) look(path);
      else if (/\.tsx?$/.test(name) && `./${path}` !== SEEDED) {
        const text = Deno.readTextFileSync(`${ROOT}/${path}`);
        if (/from "npm:\/?fast-check/.test(text)) problems += `${path} imports it by itself\n`;
        if (!text.includes('from "fast-check"')) continue;
        tests++;
        if (/\bseed: -?\d|onfigureGlobal\(\{/.test(text)) problems += `${path} has a seed\n`;
      }
    }
  };
  FOLDERS.forEach(look);
  assert(tests > 40, `${tests} tests were found`);
  assertEquals(problems, "");
});

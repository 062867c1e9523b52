import { assertEquals } from "@std/assert";
import { loadProbes } from "../support/probes/probe.ts";
import { type ProbeResult, walkProbes } from "../support/probes/probe_walker.ts";
import { ACCESS_SCENES, KEPT_UPGRADES } from "../support/probes/scenes_access.ts";
import { PROTOCOL_SCENES } from "../support/probes/scenes_protocol.ts";
import { REST_SCENES } from "../support/probes/scenes_rest.ts";

const DIFFERENCES = new URL("../../docs/internals/server-differences.md", import.meta.url);

Deno.test("the server answers 1105 recorded requests as the official one, or as documented", async () => {
  const probes = loadProbes();
  assertEquals(probes.length, 1105);
  const results = await walkProbes(probes, {
    scenes: { ...ACCESS_SCENES, ...PROTOCOL_SCENES, ...REST_SCENES },
    keep: KEPT_UPGRADES,
  });
  print(results);
  const documented = documentedDifferences();
  const surprises = results.filter(({ name, difference }) =>
    (difference !== undefined) !== documented.some((pattern) => pattern.test(name))
  );
  assertEquals(surprises.map(({ name, difference }) => `${name}: ${difference ?? "agrees"}`), []);
});

function print(results: readonly ProbeResult[]): void {
  const count = (part: readonly ProbeResult[]) => {
    const agreeing = part.filter(({ difference }) => difference === undefined).length;
    return `${agreeing} of ${part.length}`;
  };
  const lines = [...Map.groupBy(results, ({ area }) => area)]
    .map(([area, part]) => `  ${area}: ${count(part)}\n`);
  const text = `probes that agree: ${count(results)}\n${lines.join("")}`;
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}

/** The names in the first column of the table; `*` and "x to y" stand for several. */
function documentedDifferences(): RegExp[] {
  const patterns: RegExp[] = [];
  for (const line of Deno.readTextFileSync(DIFFERENCES).split("\n")) {
    const names = [...(line.split("|")[1] ?? "").matchAll(/`([^`]+)`( to `#(\d+)`)?/g)];
    let area = "";
    for (const [, name = "", , last] of names) {
      const [stem = "", number] = name.split("#");
      if (stem !== "") area = stem;
      if (number === undefined) patterns.push(new RegExp(`^${area.replaceAll("*", ".*")}$`));
      const end = Number(last ?? number);
      for (let n = Number(number); n <= end; n++) patterns.push(new RegExp(`^${area}#${n}$`));
    }
  }
  return patterns;
}

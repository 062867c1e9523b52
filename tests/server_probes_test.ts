import { loadProbes } from "./support/probes/probe.ts";
import { walkProbes } from "./support/probes/probe_walker.ts";
import { ACCESS_SCENES, KEPT_UPGRADES } from "./support/probes/scenes_access.ts";
import { PROTOCOL_SCENES } from "./support/probes/scenes_protocol.ts";
import { REST_SCENES } from "./support/probes/scenes_rest.ts";

Deno.test("the server answers as the recorded one", async () => {
  const results = await walkProbes(loadProbes(), {
    scenes: { ...ACCESS_SCENES, ...PROTOCOL_SCENES, ...REST_SCENES },
    keep: KEPT_UPGRADES,
  });
  const areas = Map.groupBy(results, ({ area }) => area);
  for (const [area, all] of areas) {
    console.log(
      area,
      all.filter(({ difference }) => difference === undefined).length,
      "/",
      all.length,
    );
  }
  for (const { name, difference } of results) if (difference) console.log(name, "—", difference);
});

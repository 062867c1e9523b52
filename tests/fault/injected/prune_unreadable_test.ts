import { assertEquals, assertMatch } from "@std/assert";
import { parseCalls } from "../../support/fail_calls/fail_calls.ts";
import { runClient } from "../../support/run_client.ts";
import { FAULT_TIME, GROUP, NEWER_TIME, OLDER_TIME, withFaultWorld } from "./fault_world.ts";
import { withFailCalls } from "./run_faults.ts";

const EMFILE = 24;

Deno.test("a manifest that cannot be read now does not make prune remove its snapshot", () =>
  withFailCalls((fail) =>
    withFaultWorld(async (template) => {
      const world = await template.copy(`${template.root}/pruned`);
      {
        await using repository = world.open();
        await world.backUp(repository, FAULT_TIME);
      }
      const log = `${world.root}.log`;
      // The newest is looked at first; the second one is to be kept as well.
      const glob = `${world.store}/host/elsa/*/index.json.blob`;
      const second = { call: "openat", errno: EMFILE, nth: 2, glob };
      const args = ["prune", `${GROUP.type}/${GROUP.id}`, "--keep-last", "2"];
      const env = { PBS_REPOSITORY: world.store };
      const run = await runClient(args, {
        env,
        under: fail.before({ log, under: [world.root], fail: [second] }),
      });
      assertEquals(parseCalls(await Deno.readTextFile(log)).map(({ failed }) => failed), [true]);
      assertEquals(run.code, 255);
      assertMatch(run.stderr, /^Error: nothing was removed, as snapshot "host\/elsa\/.*Too many/m);
      assertEquals(await world.times(), [OLDER_TIME, NEWER_TIME, FAULT_TIME]);
      assertEquals((await runClient(args, { env })).code, 0);
      assertEquals(await world.times(), [NEWER_TIME, FAULT_TIME]);
    })
  ));

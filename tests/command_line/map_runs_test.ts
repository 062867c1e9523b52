import { assertEquals, assertMatch } from "@std/assert";
import { runsOf } from "../support/cli_run_census.ts";
import { StoryWorld } from "../support/cli_story_world.ts";
import type { RecordedRun } from "../support/cli_vectors.ts";
import { MountNamespace } from "../support/mount_namespace.ts";
import { withoutHint } from "../support/without_hint.ts";

/** Recorded runs that we end differently on purpose; docs/commands.md says why. */
const KEPT_DIFFERENCES: Readonly<Record<string, string>> = {
  "val-archive-map-00": "fails with 255",
  "val-archive-map-01": "fails with 255",
  "val-archive-map-02": "fails with 255",
  "unmap-none": "nothing was ever mapped, which is no failure",
  "map-again": "fails with 255",
  "map-pxar": "fails with 255",
  "map-missing": "fails with 255, and says which file the manifest lacks in its own words",
};

/** A run as it would be with the device that is free here. */
function onDevice(run: RecordedRun, device: string): RecordedRun {
  const number = device.replace("/dev/loop", "");
  const argv = run.argv.map((word) =>
    word === "/dev/loop0" ? device : word === "0" ? number : word
  );
  return { ...run, argv };
}

function essence({ code, stdout, stderr }: { code: unknown; stdout: string; stderr: string }) {
  const messages = withoutHint(stderr).replace(/\s*Usage:[^]*$/, "\nUsage").trimEnd();
  return [code, stdout, messages];
}

Deno.test("recorded runs of map and unmap end alike", async (test) => {
  await using world = await StoryWorld.start();
  await world.run([
    ...["backup", "root.pxar:<TREE>", "img.img:<WORK>/img.raw"],
    ...["--backup-id", "h1"],
  ]);
  await using namespace = await MountNamespace.create();
  const different: string[] = [];
  let device = "/dev/loop0";
  for (const run of runsOf("mappings")) {
    // What is refused for its words needs no process.
    const outcome = run.name.startsWith("val-")
      ? await world.replay(run)
      : await world.replayUnder(onDevice(run, device), namespace.under);
    const mapped = / mapped on (\/dev\/loop\d+)$/m.exec(outcome.stderr)?.[1];
    if (mapped !== undefined) {
      device = mapped;
      // Whoever gets the device sees the image.
      await namespace.run("cmp", device, world.path("<WORK>/img.raw"));
    }
    const stderr = outcome.stderr.replaceAll(device, "/dev/loop0");
    const actual = essence({ ...outcome, stderr });
    const expected = essence({ code: run.exit_code, stdout: run.stdout, stderr: run.stderr! });
    if (JSON.stringify(actual) === JSON.stringify(expected)) continue;
    different.push(run.name);
    const reason = KEPT_DIFFERENCES[run.name];
    if (reason === undefined) assertEquals(actual, expected, `run ${run.name}`);
    if (reason === "fails with 255") assertEquals(actual, [255, ...expected.slice(1)], run.name);
    if (run.name === "unmap-none") assertEquals(actual, [0, "", "Nothing mapped."]);
    if (run.name === "map-missing") assertMatch(outcome.stderr, /^Error: .*nope\.img\.fidx/);
  }
  assertEquals(different.toSorted(), Object.keys(KEPT_DIFFERENCES).toSorted());
  assertEquals(await namespace.run("ls", "-A", "/run/pbs-loopdev"), "");
  const count = runsOf("mappings").length;
  await test.step(`${count - different.length} of ${count} agree, the others fail as they should`, () => {});
});

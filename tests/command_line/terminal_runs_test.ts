import { assertEquals } from "@std/assert";
import { VERSION } from "../../cli/version.ts";
import { runsOf } from "../support/cli_run_census.ts";
import { StoryWorld } from "../support/cli_story_world.ts";
import { RECORDED_RUNS } from "../support/cli_vectors.ts";
import { testWithPeers } from "../support/with_peers.ts";
import { withoutHint } from "../support/without_hint.ts";

/** Recorded runs that made what those on a terminal show. */
const BEFORE = ["backup-legacy-first", "backup-legacy-second", "backup-default-id"];

/** A transcript without what differs from run to run, and without the live line. */
function essence(transcript: string): string {
  return withoutHint(transcript.replaceAll("\r\n", "\n"))
    // deno-lint-ignore no-control-regex -- the live line of a terminal
    .replace(/[^\r\n]*\r\x1b\[K/g, "")
    .replace(/^Summary: .*\n/m, "")
    .replace(/^(Client name|Starting backup protocol|Duration|End Time): .*/gm, "$1")
    .replace(/ processed in .*/, " processed)")
    .replaceAll("client version: 4.2.3", `client version: ${VERSION}`)
    .replace(/\d{4,}(?! *[╪┼│])/g, "<NUMBER>");
}

testWithPeers("recorded runs on a terminal look alike", ["python3"], async (test) => {
  await using world = await StoryWorld.start();
  for (const name of BEFORE) {
    const run = RECORDED_RUNS.find((candidate) => candidate.name === name)!;
    assertEquals((await world.replay(run)).code, 0, name);
  }
  const runs = runsOf("terminal");
  for (const run of runs) {
    const { code, stdout } = await world.replayOnTerminal(run);
    assertEquals(
      [code, essence(stdout)],
      [Number(run.exit_code), essence(run.stdout)],
      run.name,
    );
  }
  await test.step(`${runs.length} of ${runs.length} agree`, () => {});
});

import { assertEquals } from "@std/assert";
import { runsOf } from "../support/cli_run_census.ts";
import { StoryWorld } from "../support/cli_story_world.ts";
import type { RecordedRun } from "../support/cli_vectors.ts";
import { testWithPeers } from "../support/with_peers.ts";

/** Words of failures that are ours, and what else the official client does not do. */
const OWN_WORDS: readonly (readonly [recorded: string, ours: string])[] = [
  [
    'Error: failed to create file "a.txt"\nCaused by:\n    EEXIST: File exists\n',
    'Error: error extracting archive - cannot create "<OUT>/sh4/a.txt": File exists ' +
    "(and 5 further errors)\n",
  ],
  [
    "Error: archive not found in manifest\n",
    'Error: the manifest does not list an archive "nope.pxar"\n',
  ],
  // Its selection has no order.
  ['"/sub"\n"/a.txt"\n"/etc/c.conf"\n', '"/a.txt"\n"/sub"\n"/etc/c.conf"\n'],
];

/** A selection by pattern has no effect there where the archive is split; here it has. */
const SELECTS_NOTHING = "shell-split";

/** What counts of a text: not the usage of a command, not advice, not blank lines. */
function essence(text: string): string {
  return text.replace(/^Usage: (?!pwd$).*\n/gm, "Usage: <USAGE>\n")
    .replace(/^(Hint|Summary): .*\n|^cannot .*\n/gm, "")
    .replace(/\n+/g, "\n");
}

function expectedOf(run: RecordedRun): readonly unknown[] {
  const own = (text: string) =>
    OWN_WORDS.reduce((all, [recorded, ours]) => all.replace(recorded, ours), essence(text));
  const more = run.name === SELECTS_NOTHING ? "/etc/c.conf\n" : "";
  return [run.exit_code, own(run.stdout + more), own(run.stderr!)];
}

/** A transcript as it looks. */
function seen(transcript: string): string {
  // deno-lint-ignore no-control-regex -- what moves the cursor, erases and switches modes
  return transcript.replace(/\x1b\[[?\d;]*[A-Za-z]|\r/g, "");
}

testWithPeers("recorded sessions of the catalog shell end alike", ["python3"], async (test) => {
  await using world = await StoryWorld.start();
  const archives = ["root.pxar:<TREE>", "img.img:<WORK>/img.raw", "c.conf:<TREE>/etc/c.conf"];
  const backUp = (id: string, mode: string) =>
    world.run(["backup", ...archives, "--backup-id", id, "--change-detection-mode", mode]);
  await backUp("h1", "legacy");
  await backUp("h2", "data");
  const runs = runsOf("shell");
  for (const run of runs.filter(({ tty }) => !tty)) {
    const { code, stdout, stderr } = await world.replay(run);
    assertEquals([code, essence(stdout), essence(stderr)], expectedOf(run), run.name);
  }
  for (const run of runs.filter(({ tty }) => tty)) {
    const { code, stdout } = await world.replayOnTerminal(run, "> \x1b[");
    assertEquals([code, seen(stdout)], [run.exit_code, seen(run.stdout)], run.name);
  }
  await test.step(`${runs.length} of ${runs.length} agree`, () => {});
});

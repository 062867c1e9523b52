import { assert, assertEquals, assertMatch } from "@std/assert";
import { assertFailure, assertOk } from "../support/assert_run.ts";
import { runClient } from "../support/run_client.ts";
import { Place } from "../support/place.ts";

/** Lines about patterns that matched nothing. */
function unmatchedLines(log: string): string[] {
  return log.split("\n").filter((line) => /matched nothing/.test(line));
}

Deno.test("a restore whose patterns select nothing fails, names them and leaves nothing", async () => {
  await using place = await Place.make("mkdir -p etc; echo 1 > etc/hosts; chmod 0751 .");
  assertOk(await place.backup());
  for (const mode of ["legacy", "data"]) {
    if (mode === "data") assertOk(await place.backup("--change-detection-mode", mode));
    assertFailure(
      await place.restore("--pattern", "/srv/www"),
      /^Error: the pattern '\/srv\/www' matches nothing in tree\.pxar/m,
    );
    assertFailure(
      await place.restore("--pattern", "nowhere", "--pattern", "*.tmp"),
      /patterns 'nowhere', '\*\.tmp' match nothing in/,
    );
    // One that takes everything back, and one that selects nothing by itself.
    assertFailure(
      await place.restore("--pattern", "hosts", "--pattern", "!hosts"),
      /select nothing/,
    );
    assertFailure(await place.restore("--pattern", "!hosts"), /'!hosts' selects nothing/);
    // Nothing was made, not even the target.
    assertEquals((await Array.fromAsync(Deno.readDir(place.dir.path))).length, 1);
  }
  // A target that was there stays as it was.
  await Deno.mkdir(place.out, { mode: 0o700 });
  assertFailure(await place.restore("--pattern", "nowhere"), /nowhere/);
  assertEquals(Deno.statSync(place.out).mode! & 0o777, 0o700);
});

Deno.test("a restore warns of those of its patterns that matched nothing", async () => {
  await using place = await Place.make("mkdir -p aa/bb; touch aa/bb/one aa/bb/two aa/three");
  assertOk(await place.backup());
  // The last pattern decides over what the first and the second match as well.
  const patterns = ["aa", "bb", "tow", "one", "three/", "two"];
  const run = await place.restore(
    ...patterns.flatMap((pattern) => ["--pattern", pattern]),
    "--warnings-exit",
    "7",
  );
  assertEquals(run.code, 7, run.stderr);
  assertEquals(unmatchedLines(run.stderr), [
    "warning: pattern 'tow' matched nothing",
    "warning: pattern 'three/' matched nothing",
  ]);
  assertMatch(run.stderr, /^Summary: 3 files, 2 directories, 0 B restored, 2 warnings$/m);
});

Deno.test("a restore says that patterns have no effect on what is no tree", async () => {
  await using place = await Place.make("echo 1 > file");
  const { source, out, at } = place;
  assertOk(await runClient(["backup", `file.conf:${source}/file`, ...at, "--init"]));
  const group = `host/${Deno.hostname().split(".")[0]}`;
  const run = assertOk(
    await runClient(["restore", group, "file.conf", out, ...at, "--pattern", "other"]),
  );
  assertMatch(run.stderr, /^warning: file\.conf is no file archive, patterns have no effect$/m);
});

Deno.test("a backup warns of exclude patterns that matched nothing", async () => {
  await using place = await Place.make(`
    mkdir -p www/cache logs lost+found; touch www/cache/x www/keep.tmp logs/a.log
    echo 'never' > .pxarexclude; echo '/keep.tmp' > www/.pxarexclude
  `);
  const exclude = (...patterns: string[]) => patterns.flatMap((pattern) => ["--exclude", pattern]);
  const met = assertOk(
    await place.backup(
      ...exclude("*.log", "logs/*", "cache/", "!keep.tmp", ""),
      "--skip-lost-and-found",
    ),
  );
  // The second one decides where the first matches as well; files in the tree are not told of.
  assertEquals(unmatchedLines(met.stderr), []);

  const { source } = place;
  const run = assertOk(
    await place.backup(
      ...exclude(
        `${source}/www/cache`,
        "*.bak",
        `${source}/../source/logs/`,
        source,
        "/www/nothing",
      ),
    ),
  );
  assertEquals(unmatchedLines(run.stderr), [
    "warning: exclude pattern '*.bak' matched nothing",
    `warning: exclude pattern '${source}' matched nothing`,
    "warning: exclude pattern '/www/nothing' matched nothing",
  ]);
  assertMatch(run.stderr, /^Summary: .*\b4 warnings/m);
  // What is no path in the source is understood, from a relative source as well.
  assertMatch(run.stderr, /source\/logs" is taken for "\/logs" in the source$/m);
  const relative = await runClient(
    ["backup", "tree.pxar:source", ...place.at, "--exclude", `${source}/logs`, "--backup-id", "x"],
    { cwd: place.dir.path },
  );
  assertMatch(relative.stderr, /is taken for "\/logs"/);
  const good = await place.backup(...exclude("/www/cache", "/logs"));
  assertEquals(unmatchedLines(good.stderr), []);
});

Deno.test("an exclude pattern is met by any of several sources", async () => {
  await using place = await Place.make("mkdir one two; touch one/a two/b");
  const run = assertOk(
    await runClient([
      "backup",
      `one.pxar:${place.source}/one`,
      `two.pxar:${place.source}/two`,
      `file.conf:${place.source}/one/a`,
      ...place.at,
      "--init",
      ...["a", "b", "c"].flatMap((name) => ["--exclude", name]),
    ]),
  );
  assertEquals(unmatchedLines(run.stderr), ["warning: exclude pattern 'c' matched nothing"]);
  const image = assertOk(
    await runClient([
      "backup",
      `file.conf:${place.source}/one/a`,
      ...place.at,
      "--exclude",
      "c",
      "--backup-id",
      "other",
    ]),
  );
  assert(!image.stderr.includes("matched"), image.stderr);
});

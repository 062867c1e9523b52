import { assert, assertEquals, assertMatch } from "@std/assert";
import { assertFailure, assertOk } from "../support/assert_run.ts";
import { runClient } from "../support/run_client.ts";
import { runPxarOk } from "../support/run_pxar.ts";
import { Place } from "../support/place.ts";

const FILL = `
  mkdir -p cache/deep mail/new repo/.git repo/build logs sub/deep
  printf 'Signature: 8a477f597d28d172789f06886806bc55\\n' > cache/CACHEDIR.TAG
  touch cache/deep/x mail/.nobackup mail/new/1 repo/.git/HEAD repo/a.c repo/build/a.o sub/deep/x
  printf 'build/\\n' > repo/.gitignore
  truncate -s 1M logs/large; echo 1 > logs/small; echo 1 > sub/a.tmp; echo 1 > sub/keep.tmp
`;
const OPTIONS = [
  "--exclude-caches",
  "--exclude-gitignore",
  ...["--exclude-if-present", ".nobackup", "--exclude-larger-than", "4KiB"],
];
const STORED = [
  ...["cache/", "cache/CACHEDIR.TAG", "logs/", "logs/small", "mail/", "mail/.nobackup"],
  ...["repo/", "repo/.git/", "repo/.git/HEAD", "repo/.gitignore", "repo/a.c", "sub/"],
  "sub/keep.tmp",
];
const RECORD = [
  "*.tmp",
  "!keep.tmp",
  "/sub/deep",
  "# pbs-client: exclude-caches",
  "# pbs-client: exclude-gitignore",
  "# pbs-client: exclude-if-present .nobackup",
  "# pbs-client: exclude-larger-than 4096",
  "# pbs-client: one-file-system",
  "",
].join("\n");

Deno.test("what is left out is the same in all modes, and recorded in each archive", async () => {
  await using place = await Place.make(FILL);
  const { source, dir, out } = place;
  await Deno.writeTextFile(`${dir.path}/list`, "# mine\r\n*.tmp\n\n  !keep.tmp  \n");
  const all = [
    ...OPTIONS,
    ...["--exclude-file", `${dir.path}/list`, "--exclude", `${source}/sub/deep`],
    "--one-file-system",
  ];
  const { paths, log } = await place.archived(...all);
  assertEquals(paths, [".pxarexclude-cli", ...STORED]);
  assertEquals(Deno.readTextFileSync(`${out}/.pxarexclude-cli`), RECORD);
  assertMatch(log, /left out because of their size: 1 files, 1048576 bytes$/m);
  assert(!log.includes("warning"), log);
  for (const mode of ["data", "metadata"]) {
    assertEquals((await place.archived(...all, "--change-detection-mode", mode)).paths, STORED);
    await place.clear();
    const prelude = `${dir.path}/prelude-${mode}`;
    assertOk(await place.restore("--prelude-target", prelude));
    assertEquals(JSON.parse(Deno.readTextFileSync(prelude)), { "exclude-patterns": RECORD });
  }
  const shown = await runClient(["cat", "host/test", "tree.pxar", ".pxarexclude-cli", ...place.at]);
  assertEquals(assertOk(shown).stdout, RECORD);
  const archive = `${dir.path}/tree.pxar`;
  await runPxarOk(["create", archive, source, ...all]);
  const names = (await runPxarOk(["list", archive])).trimEnd().split("\n").sort();
  const expected = ["", ".pxarexclude-cli", ...STORED].map((path) =>
    `"/${path.replace(/\/$/, "")}"`
  );
  assertEquals(names, expected.sort());
});

Deno.test("a restore in place removes nothing that the backup left out", async () => {
  await using place = await Place.make(FILL);
  for (const mode of ["legacy", "data"]) {
    assertOk(await place.backup(...OPTIONS, "--exclude", "*.tmp", "--change-detection-mode", mode));
    await place.clear();
    assertOk(await place.restore());
    // Whether the marks are still there or not, and whatever is in the way of what is stored.
    const more = `
      rm cache/CACHEDIR.TAG repo/.gitignore; mkdir -p cache/deep mail/new repo/build extra/deep
      touch cache/deep/x mail/new/1 repo/build/a.o repo/new.c sub/a.tmp extra/deep/x logs/extra
      truncate -s 1M logs/large; rm -f logs/small; truncate -s 1M logs/small
    `;
    await new Deno.Command("bash", { args: ["-e", "-c", more], cwd: place.out }).output();
    assertOk(await place.restore("--in-place", "--delete"));
    const kept = [
      ...["cache/deep/", "cache/deep/x", "logs/large", "mail/new/", "mail/new/1", "repo/build/"],
      ...["repo/build/a.o", "repo/new.c", "sub/a.tmp", "sub/deep/", "sub/deep/x"],
    ];
    const stored = STORED.filter((path) => path !== "sub/keep.tmp");
    const record = mode === "legacy" ? [".pxarexclude-cli"] : [];
    assertEquals(await place.restored(), [...record, ...stored, ...kept].sort());
    assertEquals(Deno.statSync(`${place.out}/logs/small`).size, 2);
  }
});

Deno.test("listed paths alone are stored, and those that are nowhere are named", async () => {
  await using place = await Place.make("mkdir -p a/b one; touch a/b/c a/d e $'f\\377' one/x");
  const { source, dir } = place;
  const list = `${dir.path}/list`;
  await Deno.writeTextFile(list, `# mine\na/./b\n${source}/e\n/elsewhere/e\none/gone\n`);
  const { paths, log } = await place.archived("--files-from", list, "--exclude", "c");
  assertEquals(paths, [".pxarexclude-cli", "a/", "a/b/", "e", "one/"]);
  assertEquals(log.split("\n").filter((line) => line.startsWith("warning")), [
    'warning: listed path "/elsewhere/e" is in no source, or left out',
    'warning: listed path "one/gone" is in no source, or left out',
  ]);
  const record = Deno.readTextFileSync(`${place.out}/.pxarexclude-cli`);
  assertEquals(record, "c\n# pbs-client: files-from 4 paths\n");
  // What is not in the archive was not listed: nobody knows whether it is too much.
  assertFailure(
    await place.restore("--in-place", "--delete"),
    /was made with 'files-from 4 paths', so it cannot be told .*restore without --delete$/m,
  );

  const words = new Uint8Array([...new TextEncoder().encode("./f?\0one\0gone\0")]);
  words[3] = 0xff;
  const run = await runClient(
    ["backup", `b.pxar:${source}`, `one.pxar:${source}/one`, ...place.at, "--files-from0", "-"],
    { stdin: words },
  );
  assertMatch(assertOk(run).stderr, /^warning: listed path "gone" is in no source/m);
  assert(!run.stderr.includes('listed path "one"'), run.stderr);
  assertMatch(run.stderr, /^Summary: 3 archives, 2 files, 3 directories/m);
});

Deno.test("a pattern that means something in the archive keeps its meaning", async () => {
  await using place = await Place.make("mkdir -p a; touch a/x");
  const { source } = place;
  // The same path below the source: there the pattern has always meant this.
  await Deno.mkdir(`${source}${source}/a`, { recursive: true });
  const options = ["--exclude", `${source}/a`, "--exclude", `${source}/b`];
  const { paths, log } = await place.archived(...options);
  assert(paths.includes("a/x"), `${paths}`);
  assert(!paths.includes(`${source.slice(1)}/a/`), `${paths}`);
  assertMatch(log, /\/b' matched nothing; patterns begin at the source, write "\/b"$/m);
});

Deno.test("a pattern that is no text is recorded as one that matches the same", async () => {
  await using place = await Place.make("touch $'a\\377' $'b\\377'");
  const { dir } = place;
  await Deno.writeFile(`${dir.path}/list`, new Uint8Array([0x61, 0xff, 0x0a]));
  assertOk(
    await place.backup("--exclude-file", `${dir.path}/list`, "--change-detection-mode", "data"),
  );
  assertOk(await place.restore("--prelude-target", `${dir.path}/prelude`));
  assertEquals(Deno.readTextFileSync(`${dir.path}/prelude`), '{"exclude-patterns":"a?\\n"}');
});

Deno.test("options that make no sense are refused by name before anything begins", async () => {
  await using place = await Place.make("touch a");
  const list = `${place.dir.path}/list`;
  await Deno.writeTextFile(list, "good\n[bad\n# fine\nbad\\\n");
  await Deno.writeTextFile(`${place.dir.path}/paths`, "a\n../b\n");
  await Deno.writeTextFile(`${place.dir.path}/none`, "# nothing\n\n");
  for (
    const [options, expected] of [
      [["--exclude-file", list], /list': line 2: pattern "\[bad": .*; line 4: pattern "bad\\\\":/],
      [["--exclude-file", "-"], /'exclude-file' takes a file, not the standard input/],
      [["--exclude-file", `${list}-none`], /unable to read ".*list-none" - No such file/],
      [["--exclude-if-present", "a/b"], /takes a name, "a\/b" is none/],
      [["--exclude-if-present", ".."], /takes a name, "\.\." is none/],
      [["--exclude-larger-than", "much"], /byte-size parse error for 'much'/],
      [["--files-from", `${place.dir.path}/paths`], /paths', line 2: "\.\.\/b" leads out of the/],
      [["--files-from", `${place.dir.path}/none`], /no path is listed, so there is nothing/],
      [["--files-from", "-", "--files-from0", "-"], /only one list of paths can be the standard/],
      [
        ["--one-file-system", "--all-file-systems"],
        /'one-file-system' conflicts with option 'all-/,
      ],
      [["--one-file-system", "--include-dev", "/"], /'one-file-system' conflicts with option 'inc/],
    ] as const
  ) {
    assertFailure(await place.backup(...options), expected);
  }
  assertEquals((await Array.fromAsync(Deno.readDir(place.storeDir.path))).length, 0);
});

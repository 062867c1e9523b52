import { assert, assertEquals, assertMatch } from "@std/assert";
import { assertOk } from "../support/assert_run.ts";
import { eventually } from "../support/eventually.ts";
import { Place } from "../support/place.ts";
import { runClientOk, spawnClient } from "../support/run_client.ts";

Deno.test("a file that shrinks is filled up, one that grows is cut off, both with a warning", async () => {
  // The run is stopped at the first file, while the others, which it has seen, change.
  await using place = await Place.make(`
    head -c 500000000 /dev/urandom > a
    head -c 10000000 /dev/urandom | tee y > z
  `);
  const child = spawnClient(place.backupArguments(), { output: "piped" });
  await eventually(() => {
    const open = [...Deno.readDirSync(`/proc/${child.pid}/fd`)].map(({ name }) =>
      Deno.readLinkSync(`/proc/${child.pid}/fd/${name}`)
    );
    assert(open.includes(`${place.source}/a`));
    child.kill("SIGSTOP");
    return Promise.resolve();
  });
  const before = await Deno.readFile(`${place.source}/y`);
  await Deno.truncate(`${place.source}/y`, 6_000_000);
  await Deno.writeFile(`${place.source}/z`, new Uint8Array(500_000), { append: true });
  child.kill("SIGCONT");
  const { code, stderr } = await child.output();
  const log = new TextDecoder().decode(stderr);
  assertEquals(code, 0, log);
  assertMatch(log, /warning: file size shrunk while reading: "y", file will be padded with zeros!/);
  assertMatch(log, /warning: file size increased while reading: "z", file will be truncated!/);
  assertOk(await place.restore("--pattern", "/y*", "--pattern", "/z*"));
  const y = await Deno.readFile(`${place.out}/y`);
  const z = await Deno.readFile(`${place.out}/z`);
  assertEquals([y.length, z.length], [before.length, before.length]);
  assert(y.every((byte, i) => byte === (i < 6_000_000 ? before[i] : 0)));
  assert(z.every((byte, i) => byte === before[i]));
});

Deno.test("files that change, shrink, grow and vanish while they are read do no harm", async () => {
  await using place = await Place.make(`
    mkdir d; python3 - <<'EOF'
for i in range(60):
    with open("d/%02d" % i, "wb") as f: f.write(bytes([i + 1]) * (1 << 20))
EOF
  `);
  // File number i only ever holds bytes of value i + 1.
  const writer = new Deno.Command("python3", {
    args: [
      "-c",
      `
import os, random, sys
R = random.Random(5)
os.chdir(sys.argv[1])
print("ready", flush=True)
while True:
    i = R.randrange(60); name = "%02d" % i
    try:
        what = R.randrange(5)
        if what == 0: os.truncate(name, R.randrange(1 << 20))
        elif what == 1:
            with open(name, "ab") as f: f.write(bytes([i + 1]) * R.randrange(1 << 20))
        elif what == 2: os.unlink(name)
        elif what == 3:
            with open("new", "wb") as f: f.write(bytes([i + 1]) * R.randrange(1 << 20))
            os.rename("new", name)
        else:
            os.makedirs("dir%d/sub" % i, exist_ok=True); os.rmdir("dir%d/sub" % i); os.rmdir("dir%d" % i)
    except FileNotFoundError: pass
`,
      `${place.source}/d`,
    ],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  try {
    const reader = writer.stdout.getReader();
    await reader.read();
    for (let round = 0; round < 4; round++) {
      assertOk(await place.backup());
      await place.clear();
      assertOk(await place.restore());
      for (const { name, isFile } of Deno.readDirSync(`${place.out}/d`)) {
        if (!isFile || name === "new") continue;
        const allowed = Number(name) + 1;
        const bytes = Deno.readFileSync(`${place.out}/d/${name}`);
        // Zeros are what a file that shrank is filled up with (spec: pxar.md §5.6).
        assert(bytes.every((byte) => byte === allowed || byte === 0), name);
      }
    }
    await reader.cancel();
  } finally {
    writer.kill("SIGKILL");
    await writer.status;
  }
  await runClientOk(["datastore", "verify", place.at[1]!]);
});

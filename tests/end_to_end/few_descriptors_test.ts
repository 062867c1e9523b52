import { assertEquals } from "@std/assert";
import { assertOk } from "../support/assert_run.ts";
import { Place } from "../support/place.ts";
import { runClient } from "../support/run_client.ts";
import { runPeer } from "../support/run_peer.ts";

Deno.test("a backup of many, wide and deep directories works with 64 open files", async () => {
  await using place = await Place.make(`python3 - <<'EOF'
import os
for i in range(2000):
    os.mkdir("%04d" % i)
    open("%04d/f" % i, "w").write("content %d" % i)
path = "."
for i in range(300):
    path += "/d"
    os.mkdir(path)
    open(path + "/z", "w").write("deep %d" % i)
os.mkdir("flat")
for i in range(1000): open("flat/%d" % i, "w").write("flat %d" % i)
EOF`);
  const run = await runClient(place.backupArguments(), {
    under: ["sh", "-c", 'ulimit -n 64 && exec "$@"', "sh"],
  });
  assertOk(run);
  assertEquals(run.stderr.match(/warning|open files/gi), null, run.stderr);
  assertOk(await place.restore());
  await runPeer("diff", ["-r", place.source, place.out]);
});

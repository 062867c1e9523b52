import { assert, assertEquals } from "@std/assert";
import { runClientOk } from "../support/run_client.ts";
import { runPeer } from "../support/run_peer.ts";
import { TempDir } from "../support/temp_dir.ts";

/** What `backup --output-format json` prints, as far as it matters here. */
interface Report {
  readonly archives: readonly {
    readonly size: number;
    readonly stored: number;
    readonly chunks: number;
    readonly "known-chunks": number;
  }[];
}

async function backup(store: string, specification: string, time: number): Promise<Report> {
  const run = await runClientOk([
    "backup",
    specification,
    "--repository",
    store,
    "--init",
    "--backup-id",
    "test",
    "--backup-time",
    String(time),
    "--output-format",
    "json",
  ]);
  return JSON.parse(run.stdout);
}

const sum = (report: Report, key: "size" | "stored") =>
  report.archives.reduce((total, archive) => total + archive[key], 0);

Deno.test("a second run of an unchanged tree stores less than a thousandth", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const [store, source] = [`${dir.path}/store`, "git.pxar:/usr/lib/git-core"];
  const first = await backup(store, source, 1_700_000_000);
  const second = await backup(store, source, 1_700_000_100);
  assert(sum(first, "stored") > 1_000_000);
  assertEquals(sum(second, "size"), sum(first, "size"));
  assert(sum(second, "stored") < sum(first, "stored") / 1000);
});

Deno.test("a changed byte in a large file stores a few chunks", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const file = `${dir.path}/source/big`;
  await Deno.mkdir(`${dir.path}/source`);
  // Not compressible, not repeating, quickly made.
  await runPeer("bash", [
    "-c",
    `openssl enc -aes-128-ctr -K 00 -iv 00 -in /dev/zero 2>/dev/null | head -c 250000000 > '${file}'`,
  ]);
  const first = await backup(`${dir.path}/store`, `big.pxar:${dir.path}/source`, 1_700_000_000);
  assert(first.archives[0]!.chunks > 40);
  using open = await Deno.open(file, { write: true });
  await open.seek(125_000_000, Deno.SeekMode.Start);
  await open.write(new Uint8Array([1]));
  const second = await backup(`${dir.path}/store`, `big.pxar:${dir.path}/source`, 1_700_000_100);
  const changed = second.archives[0]!;
  const stored = changed.chunks - changed["known-chunks"];
  assert(stored >= 1 && stored <= 4, `${stored} chunks of ${changed.chunks} were stored`);
});

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Chance } from "../support/chance.ts";
import { runInProcess } from "../support/cli_in_process.ts";
import { run } from "../support/repair_world.ts";
import { MountedArchive } from "../support/mounted_archive.ts";
import { ServedBucket } from "../support/s3/served_bucket.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testWithPeers } from "../support/with_peers.ts";

const FIRST = "host/h/2025-01-01T00:00:00Z";
const SECOND = "host/h/2025-01-02T00:00:00Z";
const [FIRST_TIME, SECOND_TIME] = ["1735689600", "1735776000"] as const;
const LOGGING: ReadonlySet<string> = new Set(["backup", "maintain", "restore"]);
/** Times that something took, and ages. */
const CHANGING = /<?(\d+m )?\d+(\.\d+)? ?(s|d)(?=\b|;)/g;

testWithPeers(
  "commands print the same for a bucket as for a directory",
  ["versitygw", "diff", "fusermount3"],
  async () => {
    await using bucket = await ServedBucket.start();
    await using dir = await TempDir.make("/dev/shm");
    const folder = dir.path;
    const source = `${folder}/source`;
    const chance = new Chance(31);
    for (const name of ["a", "b/c"]) {
      await Deno.mkdir(`${source}/${name}`, { recursive: true });
      await Deno.writeFile(`${source}/${name}/file`, chance.bytes(50_000));
    }
    await Deno.writeFile(`${folder}/image`, chance.bytes(100_000));
    const places = [`${folder}/store`, bucket.address("tank")] as const;
    const home = { XDG_CONFIG_HOME: `${folder}/home`, HOME: folder, ...bucket.keys() };
    const key = ["--keyfile", `${folder}/key.json`];
    const created = await runInProcess(["key", "create", key[1]!, "--kdf", "none"], home);
    assertEquals(created.code, 0, created.stderr);

    /** Runs a command on both. @returns What it printed, without names of places and times. */
    const both = async (...args: string[]): Promise<string> => {
      const runs = [];
      for (const [number, place] of places.entries()) {
        const words = args.map((word) => word.replaceAll("OUT", `${folder}/out${number}`));
        const done = await runInProcess(words, { ...home, PBS_REPOSITORY: place });
        const said = (text: string) =>
          text.replaceAll(place, "PLACE").replaceAll(`${folder}/out${number}`, "OUT")
            .replaceAll(CHANGING, "…");
        runs.push({ code: done.code, stdout: said(done.stdout), stderr: said(done.stderr) });
      }
      const [directory, other] = runs;
      // What they log has times, rates and progress in it.
      if (LOGGING.has(args[0]!)) assertEquals(other!.code, directory!.code, other!.stderr);
      else assertEquals(other, directory, args.join(" "));
      return `${other!.code} ${other!.stdout}${other!.stderr}`;
    };
    const ok = async (...args: string[]): Promise<string> => {
      const said = await both(...args);
      assert(said.startsWith("0 "), `${args.join(" ")}: ${said}`);
      return said;
    };

    // Copies are equal to the last byte; two backups have other times in their manifests.
    const archives = [`tree.pxar:${source}`, `disk.img:${folder}/image`];
    const group = ["--backup-id", "h"];
    const here = async (...args: string[]) => {
      const done = await runInProcess(args, { ...home, PBS_REPOSITORY: places[0] });
      assertEquals(done.code, 0, done.stderr);
    };
    await here("backup", ...archives, ...group, "--init", "--backup-time", FIRST_TIME);
    await Deno.writeTextFile(`${source}/b/new`, "new");
    const metadata = ["--change-detection-mode", "metadata"];
    await here("backup", ...archives, ...group, ...metadata, "--backup-time", SECOND_TIME);
    const secret = ["--backup-time", FIRST_TIME, ...key];
    await here("backup", archives[0]!, "--backup-id", "secret", ...secret);
    await here("backup", archives[0]!, "--backup-id", "s", ...secret, "--crypt-mode", "sign-only");
    await here("copy", "--to", places[1], "--init");

    assertStringIncludes(await ok("list"), "host/secret");
    assertStringIncludes(await ok("snapshot", "list"), SECOND);
    assertStringIncludes(await ok("snapshot", "files", SECOND), "tree.ppxar.didx");
    assertStringIncludes(await ok("snapshot", "diff", FIRST, SECOND, "tree.pxar"), "b/new");
    assertStringIncludes(await ok("find", "new", "--group", "host/h"), "b/new");
    assertStringIncludes(await ok("ls", SECOND, "tree.pxar", "/b"), "new");
    // What is stored as well, which a bucket tells when it is listed.
    const listed = /^What is stored was found out by \d+ requests that list .*\n/m;
    for (const words of [["stats"], ["stats", "host/h"], ["snapshot", "size", SECOND]]) {
      const said = await Promise.all(places.map(async (place) => {
        const done = await runInProcess(words, { ...home, PBS_REPOSITORY: place });
        assertEquals(listed.test(done.stderr), place === places[1], done.stderr);
        return [done.code, done.stdout, done.stderr.replace(listed, "")];
      }));
      assertEquals(said[1], said[0]);
      assertMatch(String(said[0]![1]), /stored/);
      assert(!(await ok(...words, "--stored-sizes", "false")).includes("stored"));
    }
    await ok("catalog", "dump", FIRST);
    await ok("catalog", "dump", "host/secret/latest", ...key);
    await both("catalog", "dump", "host/secret/latest");
    await ok("restore", "host/h/latest", "disk.img", "OUT-image");
    await ok("restore", "host/secret/latest", "tree.pxar", "OUT-secret", ...key);
    await ok("restore", "host/s/latest", "tree.pxar", "OUT-signed", ...key);
    for (const restored of ["secret", "signed"]) {
      await run("diff", "-r", source, `${folder}/out1-${restored}`);
    }
    await run("cmp", `${folder}/image`, `${folder}/out1-image`);
    assertStringIncludes(await both("restore", "host/secret/latest", "tree.pxar", "OUT-no"), "key");
    await ok("snapshot", "notes", "update", SECOND, "a note");
    assertStringIncludes(await ok("snapshot", "notes", "show", SECOND), "a note");
    await ok("snapshot", "protected", "update", SECOND, "true");
    assertStringIncludes(await both("snapshot", "forget", SECOND), "protected");
    await ok("namespace", "create", "site");
    await ok("group", "move", "host/s", "--target-ns", "site");
    await ok("namespace", "move", "site", "--target-ns", "other");
    assertStringIncludes(await ok("namespace", "list"), "other");
    assertStringIncludes(await ok("snapshot", "list", "--ns", "other"), "host/s");
    await ok("change-owner", "host/h", "backup@pbs");
    assertStringIncludes(await ok("list"), "host/h");
    assertMatch(await both("check", "--max-age", "1d"), /BACKUP CRITICAL/);
    await ok("prune", "host/h", "--keep-last", "1", "--dry-run");
    await ok("prune", "host/h", "--keep-last", "1");
    const late = ["--backup-id", "late", ...metadata, ...key];
    for (const time of [FIRST_TIME, SECOND_TIME]) {
      await ok("backup", archives[0]!, ...late, "--backup-time", time);
    }
    await ok("restore", "host/late/latest", "tree.pxar", "OUT-late", ...key);
    await run("diff", "-r", source, `${folder}/out1-late`);
    await ok("maintain", "--keep-last", "1");
    await ok("namespace", "delete", "other", "--delete-groups", "true");
    for (const id of ["secret", "late"]) await ok("snapshot", "forget", `host/${id}/latest`);
    assertStringIncludes(await ok("repair"), "2 whole");
    const named = await runInProcess(["datastore", "verify", places[1]], home);
    assertEquals(named.code, 0, named.stderr);
    assertStringIncludes(named.stdout, "(2/2 snapshots)");
    const tasks = await runInProcess(["task", "list"], { ...home, PBS_REPOSITORY: places[1] });
    assertMatch(tasks.stderr, /^Error: repository '\S+' is a bucket: its commands run in the fore/);

    const env = { ...home, PBS_REPOSITORY: places[1] };
    await Deno.mkdir(`${folder}/mounted`);
    {
      const args = ["host/h/latest", "tree.pxar"];
      await using mounted = await MountedArchive.inForeground(`${folder}/mounted`, args, env);
      await run("diff", "-r", source, mounted.path);
      await mounted.end();
    }
    const status = await runInProcess(["status"], env);
    assertMatch(status.stdout, /\bgroups +\S +1 \S[^]*\bsnapshots +\S +2 \S/);
    assertMatch(status.stderr, /--count-used adds it up/);
    const counted = JSON.parse(
      (await runInProcess(["status", "--count-used", "--output-format", "json"], env)).stdout,
    );
    let [bytes, objects] = [0, 0];
    for (const name of [".chunks", ".cnt", ".shared"]) {
      for (const file of filesBelow(`${bucket.folder("tank")}/${name}`)) {
        objects++;
        bytes += Deno.statSync(file).size;
      }
    }
    assertEquals([counted.used, counted.objects], [bytes, objects]);
    const refused = await runInProcess(["status", "--count-used"], {
      ...env,
      PBS_REPOSITORY: places[0],
    });
    assertMatch(refused.stderr, /--count-used is for buckets/);
  },
);

function* filesBelow(folder: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (isDirectory) yield* filesBelow(`${folder}/${name}`);
    else yield `${folder}/${name}`;
  }
}

import { assert, assertEquals, assertMatch } from "@std/assert";
import { runClient } from "../support/run_client.ts";
import { TempDir } from "../support/temp_dir.ts";
import { BrowseProcess, keysOf, type PageClient } from "../support/page_client.ts";
import { Datastore } from "../../lib/datastore/mod.ts";

const STORE = "repository";
const GROUP = { store: STORE, type: "host", id: "h1" };
const TIMES = [1700000000, 1700086400, 1700172800, 1700259200];
const NEWEST = { ...GROUP, time: TIMES.at(-1)! };
const MANY = 100_000;
const RAW_NAME = Uint8Array.of(0x72, 0x61, 0x77, 0xff, 0x0a);
const MARKUP_NAME = '<img src=x onerror="alert(1)">\n\u202etxt.exe';

/** A datastore with four snapshots of one group; the newest has a folder of 100,000 entries. */
async function makeStore(dir: string): Promise<string> {
  const store = `${dir}/store`;
  Datastore.create(store, { chunkFoldersOnDemand: true })[Symbol.dispose]();
  const source = `${dir}/source`;
  await Deno.mkdir(`${source}/sub/deep`, { recursive: true });
  await Deno.writeFile(`${source}/sub/noise`, noise(5_000_000));
  await Deno.writeTextFile(`${source}/sub/deep/empty`, "");
  await Deno.symlink("noise", `${source}/sub/link`);
  await Deno.link(`${source}/sub/noise`, `${source}/sub/twin`);
  await Deno.writeTextFile(`${source}/page.html`, "<script>alert(1)</script>");
  await Deno.writeTextFile(`${source}/drawing.svg`, "<svg onload='alert(1)'/>");
  await Deno.writeFile(`${source}/picture.png`, new TextEncoder().encode("\u0000PNG"));
  await Deno.writeFile(
    `${source}/picture.png`,
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3),
  );
  await Deno.writeTextFile(`${source}/${MARKUP_NAME}`, "markup");
  await makeRaw(source);
  for (const [i, time] of TIMES.entries()) {
    const mode = i === 0 ? "legacy" : "data";
    if (i === 1) await Deno.writeTextFile(`${source}/versions`, "first");
    if (i === 2) await Deno.writeTextFile(`${source}/versions`, "second, longer");
    if (i === 3) await makeMany(`${source}/many`);
    const { code, stderr } = await runClient([
      "backup",
      `root.pxar:${source}`,
      "--backup-type=host",
      "--backup-id=h1",
      `--backup-time=${time}`,
      `--change-detection-mode=${mode}`,
    ], { env: { PBS_REPOSITORY: store } });
    assertEquals(code, 0, stderr);
  }
  return store;
}

async function makeRaw(source: string): Promise<void> {
  const { success } = await new Deno.Command("python3", {
    args: ["-c", `open(b"${source}/raw\\xff\\n", "w").write("raw")`],
  }).output();
  assert(success);
}

async function makeMany(folder: string): Promise<void> {
  const script = `import os
os.mkdir("${folder}")
os.chdir("${folder}")
for i in range(${MANY}): os.close(os.open("f%06d" % i, os.O_CREAT))`;
  const { success } = await new Deno.Command("python3", { args: ["-c", script] }).output();
  assert(success);
}

function noise(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65536) crypto.getRandomValues(bytes.subarray(at, at + 65536));
  return bytes;
}

async function run(command: string, ...args: string[]): Promise<string> {
  const output = await new Deno.Command(command, { args }).output();
  const text = new TextDecoder().decode(output.stdout);
  assertEquals(output.code, 0, text + new TextDecoder().decode(output.stderr));
  return text;
}

async function checkDoors(browse: BrowseProcess): Promise<PageClient> {
  const { client, url } = browse;
  for (const path of ["/", "/page/session", "/page/stores", "/page/page.js", "/?token=x"]) {
    assertEquals((await client.request("GET", path)).status, 401, path);
  }
  assertEquals((await client.request("POST", "/page/gc", { body: { store: STORE } })).status, 401);
  for (const host of ["evil.example", "127.0.0.1", `evil.example:${client.port}`]) {
    assertEquals((await client.request("GET", "/", { host })).status, 421, host);
  }
  await browse.enter();
  const cookie = client.cookie;
  const again = await client.request("GET", `/${url.search}`);
  assertEquals(again.status, 401, "the token is good once");
  assertEquals(client.cookie, cookie);
  const page = await client.request("GET", "/");
  assertEquals(page.status, 200);
  assertMatch(page.headers.get("content-security-policy")!, /^default-src 'none';/);
  assertEquals(page.headers.get("x-content-type-options"), "nosniff");
  assertEquals(page.headers.get("referrer-policy"), "no-referrer");
  const foreign = [["origin", "http://evil.example"], ["sec-fetch-site", "cross-site"]] as const;
  for (const field of foreign) {
    assertEquals((await client.get("stores", {}, [field])).status, 403, field[0]);
  }
  const body = { ...NEWEST, isProtected: true };
  for (const headers of [[], [["csrfpreventiontoken", "x"] as const]]) {
    assertEquals((await client.request("POST", "/page/protect", { body, headers })).status, 403);
  }
  const wrongOrigin = await client.request("POST", "/page/protect", {
    body,
    headers: [["csrfpreventiontoken", client.csrfToken!], ["origin", "http://localhost:1"]],
  });
  assertEquals(wrongOrigin.status, 403);
  assertEquals((await client.request("GET", "/page/protect")).status, 403);
  const { snapshots } = await client.ask("snapshots", GROUP);
  assertEquals(snapshots[0].isProtected, false, "nothing of that was done");
  return client;
}

async function checkLists(client: PageClient): Promise<void> {
  const { stores } = await client.ask("stores");
  assertEquals(stores.map(({ store }: { store: string }) => store), [STORE]);
  assert(stores[0].space.totalBytes > 0);
  const { groups } = await client.ask("groups", { store: STORE });
  assertEquals([groups[0].id, groups[0].count, groups[0].expectedSeconds], ["h1", 4, 86400]);
  assertEquals(groups[0].isLate, true);
  const { snapshots } = await client.ask("snapshots", GROUP);
  assertEquals(snapshots.map(({ time }: { time: number }) => time), TIMES.toReversed());
  const { points } = await client.ask("growth", { store: STORE });
  assertEquals(points.length, 4);
  assert(points[3].logicalBytes > points[0].logicalBytes);
  // How much they have in common depends on where random bytes are cut.
  assert(points[0].distinctBytes > 5_000_000);
  assert(points[3].distinctBytes > points[0].distinctBytes);
  assert(points[3].distinctBytes < points[3].logicalBytes);
  const { archives } = await client.ask("archives", NEWEST);
  assertEquals(archives.map(({ archive, kind }: Record<string, string>) => [archive, kind]), [
    ["root.pxar", "tree"],
  ]);
}

async function checkFolderOfMany(client: PageClient): Promise<void> {
  const folder = { ...NEWEST, archive: "root.pxar", path: keysOf("many") };
  const names: string[] = [];
  for (let offset = 0; offset < MANY; offset += 2000) {
    const page = await client.ask("entries", { ...folder, offset, limit: 2000 });
    assertEquals([page.total, page.offset, page.entries.length], [MANY, offset, 2000]);
    names.push(...page.entries.map(({ name }: { name: string }) => name));
  }
  assertEquals(names, Array.from({ length: MANY }, (_, i) => `f${String(i).padStart(6, "0")}`));
  assertEquals((await client.ask("entries", { ...folder, offset: MANY })).entries, []);
  assertEquals((await client.get("entries", { ...folder, limit: 2001 })).status, 400);
}

async function checkSearchAndVersions(client: PageClient): Promise<void> {
  for (const time of [TIMES[0]!, TIMES[1]!]) {
    const snapshot = { ...GROUP, time };
    const { matches, isCut } = await client.ask("search", { ...snapshot, text: "NOIS" });
    assertEquals(isCut, false);
    assertEquals(
      matches.map((
        { path, folder, sizeBytes }: Record<string, unknown>,
      ) => [path, folder, sizeBytes]),
      [[keysOf("sub", "noise"), "/sub", 5_000_000]],
      `${time}`,
    );
    const pattern = await client.ask("search", { ...snapshot, text: "*.svg" });
    assertEquals(pattern.matches.length, 1);
  }
  const cut = await client.ask("search", { ...NEWEST, text: "f0", limit: 10 });
  assertEquals([cut.matches.length, cut.isCut], [10, true]);
  const { versions } = await client.ask("versions", {
    ...GROUP,
    archive: "root.pxar",
    path: keysOf("versions"),
  });
  assertEquals(
    versions.map((
      { time, change, entry }: Record<string, { sizeBytes?: number }>,
    ) => [time, change, entry?.sizeBytes]),
    [
      [TIMES[3], "same", 14],
      [TIMES[2], "changed", 14],
      [TIMES[1], "new", 5],
      [TIMES[0], undefined, undefined],
    ],
  );
  const paged = await client.ask("versions", {
    ...GROUP,
    archive: "root.pxar",
    path: keysOf("versions"),
    limit: 3,
  });
  assertEquals([paged.versions.length, paged.next], [3, TIMES[1]]);
}

async function checkContents(client: PageClient, source: string): Promise<void> {
  const noiseBytes = await Deno.readFile(`${source}/sub/noise`);
  for (const time of [TIMES[0]!, TIMES[1]!]) {
    const file = { ...GROUP, time, archive: "root.pxar", path: keysOf("sub", "twin") };
    const whole = await client.get("content", file);
    assertEquals(whole.bytes, noiseBytes);
    assertEquals(whole.headers.get("content-type"), "application/octet-stream");
    for (
      const [range, start, end] of [
        ["bytes=0-0", 0, 1],
        ["bytes=1000000-3999999", 1_000_000, 4_000_000],
        ["bytes=4999999-", 4_999_999, 5_000_000],
        ["bytes=-10", 4_999_990, 5_000_000],
      ] as const
    ) {
      const part = await client.get("content", file, [["range", range]]);
      assertEquals(part.status, 206, range);
      assertEquals(part.headers.get("content-range"), `bytes ${start}-${end - 1}/5000000`);
      assertEquals(part.bytes, noiseBytes.subarray(start, end));
    }
    assertEquals((await client.get("content", file, [["range", "bytes=5000000-"]])).status, 416);
  }
  const at = (...names: (string | Uint8Array)[]) => ({
    ...NEWEST,
    archive: "root.pxar",
    path: keysOf(...names),
  });
  for (const name of ["page.html", "drawing.svg", MARKUP_NAME, RAW_NAME]) {
    const shown = await client.get("content", at(name));
    assertEquals(shown.status, 200);
    assertEquals(shown.headers.get("content-type"), "application/octet-stream");
    assertMatch(shown.headers.get("content-disposition")!, /^attachment; filename="[ -~]*"; /);
    assertMatch(shown.headers.get("content-security-policy")!, /sandbox/);
    assertEquals((await client.get("content", { ...at(name), as: "image" })).status, 400);
  }
  const picture = await client.get("content", { ...at("picture.png"), as: "image" });
  assertEquals(picture.headers.get("content-type"), "image/png");
  const { entries } = await client.ask("entries", { ...NEWEST, archive: "root.pxar", path: "" });
  const raw = entries.find(({ isRaw }: { isRaw?: boolean }) => isRaw);
  assertEquals([raw.key, raw.name], [keysOf(RAW_NAME), "raw\ufffd\n"]);
  assert(entries.some(({ name }: { name: string }) => name === MARKUP_NAME));
  for (const path of ["Li4", "Li4/ZXRj", "Lg", "L2V0Yw", "AA", "!", "a"]) {
    assertEquals((await client.get("content", { ...at(), path })).status, 400, path);
  }
  assertEquals((await client.get("content", at("nothing"))).status, 404);
}

async function checkDownloads(client: PageClient, dir: string): Promise<void> {
  const folder = { ...NEWEST, archive: "root.pxar", path: keysOf("sub") };
  for (const format of ["tar", "tar.zst", "zip"]) {
    const { status, bytes, headers } = await client.get("download", { ...folder, format });
    assertEquals(status, 200);
    assertMatch(headers.get("content-disposition")!, new RegExp(`filename="sub\\.${format}"`));
    const target = `${dir}/${format}`;
    await Deno.mkdir(target);
    await Deno.writeFile(`${target}.file`, bytes);
    if (format === "zip") await run("unzip", "-q", `${target}.file`, "-d", target);
    else await run("tar", "-xf", `${target}.file`, "-C", target);
    await run("diff", "--recursive", "--no-dereference", `${dir}/source/sub`, `${target}/sub`);
  }
  assertEquals((await client.get("download", { ...folder, format: "rar" })).status, 400);
  const file = { ...folder, path: keysOf("sub", "noise"), format: "file" };
  const { bytes, headers } = await client.get("download", file);
  assertEquals(bytes, await Deno.readFile(`${dir}/source/sub/noise`));
  assertEquals(headers.get("content-length"), "5000000");
}

async function follow(client: PageClient, upid: string): Promise<{ status: string; log: string }> {
  let from = 0;
  let log = "";
  for (;;) {
    const part = await client.ask("task", { store: STORE, upid, from });
    log += part.lines.join("\n");
    from = part.next;
    if (!part.isRunning && !part.hasMore) return { status: part.status, log };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function checkActions(client: PageClient): Promise<void> {
  const oldest = { ...GROUP, time: TIMES[0]! };
  const done = async (name: string, body: unknown) => {
    const { status, json } = await client.post(name, body);
    assertEquals(status, 200, JSON.stringify(json));
    return json;
  };
  const notes = "first line <b>\nsecond";
  await done("set-notes", { ...oldest, notes });
  assertEquals((await client.ask("notes", oldest)).notes, notes);
  await done("set-notes", { ...GROUP, notes: "of the group" });
  assertEquals((await client.ask("notes", GROUP)).notes, "of the group");
  await done("protect", { ...oldest, isProtected: true });
  const { upid } = await done("verify", { ...NEWEST });
  assertEquals((await follow(client, upid)).status, "OK");
  const { snapshots } = await client.ask("snapshots", GROUP);
  assertEquals(snapshots[0].verification.state, "ok");
  assertEquals([snapshots[3].isProtected, snapshots[3].comment], [true, "first line <b>"]);
  const preview = { ...GROUP, keep: { last: 1 } };
  const { decisions } = await done("prune-preview", preview);
  assertEquals(decisions.map(({ keep }: { keep: boolean }) => keep), [true, false, false, true]);
  const times = [TIMES[1]!, TIMES[2]!];
  assertEquals((await client.post("prune", { ...preview, remove: [TIMES[1]] })).status, 409);
  assertEquals((await client.post("prune", { ...GROUP, keep: {}, remove: [] })).status, 400);
  // What is open for looking does not stand in the way.
  await client.ask("archives", { ...GROUP, time: TIMES[1]! });
  const pruned = await done("prune", { ...preview, remove: times });
  assertEquals((await follow(client, pruned.upid)).status, "OK");
  await done("protect", { ...oldest, isProtected: false });
  await client.ask("archives", oldest);
  await done("forget", oldest);
  const left = await client.ask("snapshots", GROUP);
  assertEquals(left.snapshots.map(({ time }: { time: number }) => time), [TIMES[3]]);
  const gc = await done("gc", { store: STORE });
  const { status, log } = await follow(client, gc.upid);
  assertEquals(status, "OK", log);
  assertMatch(log, /TASK OK/);
  const { stores } = await client.ask("stores");
  assert(stores[0].contents.deduplication > 0);
  const { tasks } = await client.ask("tasks");
  assertEquals(tasks.map(({ type }: { type: string }) => type), [
    "garbage_collection",
    "prune",
    "verify",
  ]);
}

Deno.test("browse shows a datastore directory to whoever has its address, and to nobody else", async (t) => {
  await using dir = await TempDir.make("/dev/shm");
  const store = await makeStore(dir.path);
  await using browse = await BrowseProcess.start({ PBS_REPOSITORY: store });
  const client = await checkDoors(browse);
  await t.step("lists", () => checkLists(client));
  await t.step("a folder of 100,000 entries comes in pages", () => checkFolderOfMany(client));
  await t.step("search and versions", () => checkSearchAndVersions(client));
  await t.step(
    "contents, ranges, hostile names",
    () => checkContents(client, `${dir.path}/source`),
  );
  await t.step("downloads are as the source", () => checkDownloads(client, dir.path));
  await t.step("actions", () => checkActions(client));
  assertEquals((await browse.end("SIGTERM")).code, 0);
});

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Buffer } from "node:buffer";
import { runClientOk } from "../support/run_client.ts";
import { runPeer } from "../support/run_peer.ts";
import { TempDir } from "../support/temp_dir.ts";
import {
  ADMINISTRATOR,
  type TestAccounts,
  TestServer,
  tokenHeader,
} from "../support/test_server.ts";
import { testWithPeers } from "../support/with_peers.ts";

const D = "/api2/json/admin/datastore/store1";
const LEGACY = "backup-type=host&backup-id=a&backup-time=1700000000";
const SPLIT = "backup-type=host&backup-id=a&backup-time=1700000100";
const LOGIN = tokenHeader("admin@pbs!ci", "a secret");
const LONG = "a long name ".repeat(12).trim();
const ACCOUNTS: TestAccounts = {
  accounts: [...ADMINISTRATOR.accounts, { authId: "eve@pbs!t", enabled: true, expire: 0 }, {
    authId: "eve@pbs",
    enabled: true,
    expire: 0,
  }],
  rules: [
    ...ADMINISTRATOR.rules,
    ...["eve@pbs", "eve@pbs!t"].map((authId) => ({
      path: "/datastore/store1",
      authId,
      roles: ["DatastoreBackup"],
      propagate: true,
    })),
  ],
  secrets: { ...ADMINISTRATOR.secrets, "eve@pbs!t": "a secret" },
};

interface Entry {
  readonly filepath: string;
  readonly leaf: boolean;
  readonly text: string;
  readonly type: string;
  readonly size?: number;
}

const encode = (path: string) => encodeURIComponent(Buffer.from(path).toString("base64"));

/** A tree with everything that a ZIP file can hold, and some more. */
async function makeTree(path: string): Promise<void> {
  await Deno.mkdir(`${path}/sub/${LONG}`, { recursive: true });
  await Deno.mkdir(`${path}/empty`);
  await Deno.writeTextFile(`${path}/sub/hello`, "hello\n");
  await Deno.writeTextFile(`${path}/sub/nothing`, "");
  await Deno.writeTextFile(`${path}/sub/${LONG}/${LONG}`, "deep");
  await Deno.writeTextFile(`${path}/sub/umlaut ä`, "x");
  await Deno.chmod(`${path}/sub/hello`, 0o640);
  await Deno.utime(`${path}/sub/hello`, 1600000000, 1600000000);
  await Deno.utime(`${path}/sub/nothing`, 0, 0);
  await Deno.link(`${path}/sub/hello`, `${path}/sub/other name`);
  await Deno.symlink("hello", `${path}/sub/link`);
  const noise = new Uint8Array(6_000_000);
  for (let at = 0; at < noise.length; at += 60_000) {
    crypto.getRandomValues(noise.subarray(at, at + 60_000));
  }
  await Deno.writeFile(`${path}/sub/noise`, noise);
}

async function withSnapshots(
  run: (server: TestServer, tree: string, dir: TempDir) => Promise<void>,
): Promise<void> {
  await using server = await TestServer.start({ accounts: ACCOUNTS });
  await using dir = await TempDir.make("/var/tmp");
  const tree = `${dir.path}/tree`;
  await makeTree(tree);
  for (const [time, mode] of [[1700000000, "legacy"], [1700000100, "metadata"]] as const) {
    await runClientOk([
      "backup",
      `root.pxar:${tree}`,
      "--backup-id=a",
      `--backup-time=${time}`,
      `--change-detection-mode=${mode}`,
    ], { env: { PBS_REPOSITORY: server.datastorePath } });
  }
  await run(server, tree, dir);
}

async function get(
  server: TestServer,
  path: string,
  login = LOGIN,
): Promise<{ status: number; bytes: Uint8Array; text: string }> {
  const client = await server.connect();
  const response = await client.request({ method: "GET", path: `${D}/${path}`, headers: [login] });
  const bytes = await response.body.bytes(100_000_000);
  client.abort();
  return { status: response.status, bytes, text: new TextDecoder().decode(bytes.slice(0, 1000)) };
}

async function list(server: TestServer, query: string): Promise<Entry[]> {
  const { status, bytes, text } = await get(server, `catalog?${query}`);
  assertEquals(status, 200, text);
  return JSON.parse(new TextDecoder().decode(bytes)).data;
}

/** Names and types of everything, as `find -printf '%P %y'` says it. */
async function walk(server: TestServer, query: string, filepath: string): Promise<string[]> {
  const found: string[] = [];
  const pending = [{ filepath, path: "" }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const path = encodeURIComponent(next.filepath);
    for (const entry of await list(server, `${query}&filepath=${path}`)) {
      const name = next.path === "" ? entry.text : `${next.path}/${entry.text}`;
      found.push(`${name} ${entry.type} ${entry.size ?? ""}`);
      if (!entry.leaf) pending.push({ filepath: entry.filepath, path: name });
    }
  }
  return found.sort();
}

testWithPeers(
  "a snapshot can be walked through by its catalog and by its archive, to the same end",
  ["python3"],
  () =>
    withSnapshots(async (server, tree) => {
      const listing = await runPeer("find", [tree, "-mindepth", "1", "-printf", "%P %y %s\n"]);
      const expected = listing.trimEnd().split("\n").map((line) =>
        line.replace(/ [dl] \d+$/, (end) => `${end.slice(0, 3)}`)
          .replace(/^(sub\/other name) f \d+$/, "$1 h ")
      ).sort();
      // Which of its two names a file has first is up to the order of the walk.
      const settle = (names: string[]) =>
        names.map((line) => line.replace(/^(sub\/(?:hello|other name)) .*$/, "$1")).sort();
      const top = await list(server, `${LEGACY}&filepath=root`);
      assertEquals(top.map(({ text, type, leaf }) => [text, type, leaf]), [
        ["root.pxar.didx", "d", false],
      ]);
      assertEquals(settle(await walk(server, LEGACY, top[0]!.filepath)), settle(expected));
      for (const query of [LEGACY, SPLIT]) {
        const within = await walk(server, `${query}&archive-name=root.pxar.didx`, "/");
        assertEquals(settle(within), settle(expected));
      }
    }),
);

testWithPeers(
  "files and folders are downloaded as they were backed up, as ZIP and as tar",
  ["python3", "tar", "zstd"],
  () =>
    withSnapshots(async (server, tree, dir) => {
      const download = (query: string, path: string, more = "") =>
        get(server, `pxar-file-download?${query}&filepath=${encode(path)}${more}`);
      const named = "&archive-name=root.pxar.didx";
      for (
        const [query, prefix, more] of [
          [LEGACY, "/root.pxar.didx", ""],
          [LEGACY, "", named],
          [SPLIT, "/root.mpxar.didx", ""],
          [SPLIT, "", named],
        ] as const
      ) {
        for (const name of ["hello", "other name", "nothing", "noise", "umlaut ä"]) {
          const { status, bytes } = await download(query, `${prefix}/sub/${name}`, more);
          assertEquals(status, 200);
          assert(
            Buffer.from(await Deno.readFile(`${tree}/sub/${name}`)).equals(bytes),
            `${query} ${name}`,
          );
        }
        const out = `${dir.path}/out`;
        const zip = await download(query, `${prefix}/sub`, more);
        assertEquals(zip.status, 200, zip.text);
        await Deno.writeFile(`${dir.path}/sub.zip`, zip.bytes);
        await runPeer("python3", ["-c", EXTRACT_ZIP, `${dir.path}/sub.zip`, out]);
        await runPeer("diff", ["-r", "--no-dereference", `${tree}/sub`, `${out}/sub`]);
        assertEquals((await Deno.stat(`${out}/sub/hello`)).mode! & 0o777, 0o640);
        assertEquals(await Deno.readLink(`${out}/sub/link`), "hello");
        await Deno.remove(out, { recursive: true });

        const tar = await download(query, prefix === "" ? "/" : prefix, `${more}&tar=true`);
        assertEquals(tar.status, 200, tar.text);
        await Deno.writeFile(`${dir.path}/all.tar.zst`, tar.bytes);
        await Deno.mkdir(out);
        await runPeer("tar", ["--zstd", "-xpf", `${dir.path}/all.tar.zst`, "-C", out]);
        await runPeer("diff", ["-r", "--no-dereference", tree, `${out}/root`]);
        const [left, right] = await Promise.all([
          Deno.stat(`${out}/root/sub/hello`),
          Deno.stat(`${out}/root/sub/other name`),
        ]);
        assertEquals(left.ino, right.ino);
        assertEquals(left.mtime, new Date(1600000000_000));
        await Deno.remove(out, { recursive: true });
      }
    }),
);

/** What a file manager does: names, links and permissions. */
const EXTRACT_ZIP = `
import os, stat, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as archive:
    assert archive.testzip() is None
    for info in archive.infolist():
        path = os.path.join(sys.argv[2], info.filename)
        mode = info.external_attr >> 16
        if info.is_dir():
            os.makedirs(path, exist_ok=True)
        elif stat.S_ISLNK(mode):
            os.symlink(archive.read(info).decode(), path)
        else:
            with open(path, "wb") as out:
                out.write(archive.read(info))
            os.chmod(path, stat.S_IMODE(mode))
`;

Deno.test("browsing asks for the same rights as reading, and refuses paths that lead nowhere", () =>
  withSnapshots(async (server) => {
    const eve = tokenHeader("eve@pbs!t", "a secret");
    for (const call of ["catalog", "pxar-file-download"]) {
      const { status, text } = await get(server, `${call}?${LEGACY}&filepath=root`, eve);
      assertEquals(status, 400);
      assertStringIncludes(text, "backup owner check failed");
      for (
        const path of [
          "%25",
          "QQ",
          encode("/root.pxar.didx/../root.pxar.didx/sub/none"),
          encode("/root.pxar.didx/sub/hello/none"),
          encode("/root.pxar.didx/no\0pe"),
          encode("/index.json.blob"),
          encode("/../../etc/passwd"),
          encode("/etc"),
        ]
      ) {
        const refused = await get(server, `${call}?${LEGACY}&filepath=${path}`);
        assertEquals(refused.status, 400, `${call} ${path}: ${refused.text}`);
      }
    }
  }));

Deno.test("a download that meets a damaged chunk breaks off instead of looking complete", () =>
  withSnapshots(async (server) => {
    const chunks = `${server.datastorePath}/.chunks`;
    for await (const folder of Deno.readDir(chunks)) {
      for await (const { name } of Deno.readDir(`${chunks}/${folder.name}`)) {
        const path = `${chunks}/${folder.name}/${name}`;
        const bytes = await Deno.readFile(path);
        if (bytes.length < 100_000) continue;
        bytes[bytes.length - 1]! ^= 1;
        await Deno.chmod(path, 0o644);
        await Deno.writeFile(path, bytes);
      }
    }
    for (const query of [LEGACY, SPLIT]) {
      for (const more of ["", "&tar=true"]) {
        for (const path of ["/sub/noise", "/sub", "/"]) {
          const call = `pxar-file-download?${query}&archive-name=root.pxar.didx`;
          const answer = get(server, `${call}&filepath=${encode(path)}${more}`);
          // Refused if what leads to the content is damaged as well; else the connection is cut.
          const outcome = await answer.then(({ status }) => status, () => "cut");
          assert(outcome === "cut" || outcome === 400, `${query} ${path}: ${outcome}`);
        }
      }
    }
  }));

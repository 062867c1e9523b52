import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { MemoryStream, runInProcess } from "../support/cli_in_process.ts";
import { TempDir } from "../support/temp_dir.ts";
import { TestServer } from "../support/test_server.ts";

const DAY = 86_400;

Deno.test("lists tell state, news and age, in any order and choice, of a directory and served", async (test) => {
  await using dir = await TempDir.make("/var/tmp");
  await using server = await TestServer.start();
  const run = async (
    args: readonly string[],
    env: Record<string, string>,
    stdout?: MemoryStream,
  ) => {
    const done = await runInProcess(
      args,
      {
        LANG: "C.UTF-8",
        TZ: "UTC",
        XDG_CACHE_HOME: `${dir.path}/cache`,
        ...env,
      },
      undefined,
      undefined,
      stdout,
    );
    assertEquals(done.code, 0, `${args.join(" ")}: ${done.stderr}`);
    return stdout?.text ?? done.stdout;
  };
  const local = { PBS_REPOSITORY: server.datastorePath };
  const served = {
    PBS_REPOSITORY: `admin@pbs@127.0.0.1:${server.port}:store1`,
    PBS_PASSWORD: "a password",
    PBS_FINGERPRINT: server.certificate.fingerprint,
  };
  const tree = `${dir.path}/tree`;
  await Deno.mkdir(tree);
  await run(["key", "create", `${dir.path}/key`, "--kdf=none"], local);
  const now = Math.floor(Date.now() / 1000);
  const backUp = async (id: string, time: number, content: string, ...more: string[]) => {
    await Deno.writeTextFile(`${tree}/file`, content);
    await run([
      "backup",
      `t.pxar:${tree}`,
      `--backup-id=${id}`,
      `--backup-time=${time}`,
      "--quiet",
      ...more,
    ], local);
    return `host/${id}/${new Date(time * 1000).toISOString().replace(".000", "")}`;
  };
  const first = await backUp("web", now - 9 * DAY, "x".repeat(5000));
  const second = await backUp("web", now - 3 * DAY, "y");
  await run(["snapshot", "notes", "update", second, "before the\x1b[2J move\nsecond line"], local);
  await run(["snapshot", "protected", "update", first, "true"], local);
  await damagingChunks(`${server.datastorePath}/.chunks`, async () => {
    await backUp("bad", now - 4 * DAY, "z".repeat(100));
  });
  assertEquals(
    (await runInProcess(["datastore", "verify", server.datastorePath], local)).code,
    255,
  );
  const signed = await backUp(
    "sig",
    now - 2 * DAY - 60,
    "y",
    `--keyfile=${dir.path}/key`,
    "--crypt-mode=sign-only",
  );
  const secret = await backUp("db", now - 60, "y", `--keyfile=${dir.path}/key`);

  for (const [place, env] of Object.entries({ local, served })) {
    const list = (...args: string[]) => run(["snapshot", "list", ...args], env);
    const json = async (...args: string[]) =>
      JSON.parse(await list(...args, "--output-format=json")) as Record<string, unknown>[];
    const ids = async (...args: string[]) =>
      (await json(...args)).map((each) => `${each["backup-id"]}`).join(" ");

    await test.step(`${place}: columns and members are the official ones until --long`, async () => {
      assertMatch(await list(), /^┌[^\n]*\n│ snapshot +│ +size │ files +│\n/);
      for (const each of await json()) {
        assertEquals(Object.keys(each).includes("chunk-upload-stats"), false);
      }
      assertMatch(await run(["list"], env), /│ group +│ last snapshot +│ backup-count │ files +│/);
    });
    await test.step(`${place}: --long tells the state of snapshots`, async () => {
      const text = await run(["snapshot", "list", "--long"], {
        ...env,
        PROXMOX_OUTPUT_NO_BORDER: "1",
      });
      const line = (path: string) =>
        text.split("\n").find((each) => each.startsWith(path))!.replace(/ +/g, " ");
      assertMatch(line(first), / KiB [\d.]+ KiB ok yes catalog/);
      assertMatch(line(second), / B ok "before the\\\S+ move" catalog/);
      assertMatch(line(signed), / signed catalog/);
      assertMatch(line(secret), / encrypted catalog/);
      assertMatch(line("host/bad"), / failed catalog/);
      assertEquals(text.includes("\x1b"), false);
      const [found] = await json("host/web", "--long", "--until=5d");
      const stats = found!["chunk-upload-stats"] as Record<string, number>;
      assertEquals(stats.count, 2);
      assertEquals(stats.size! > 5000 && stats["compressed-size"]! < 5000, true);
    });
    await test.step(`${place}: snapshots are chosen and ordered`, async () => {
      assertEquals(await ids("--unverified", "--sort=path"), "bad db sig");
      assertEquals(await ids("--unprotected", "--sort=time", "--reverse"), "db sig web bad");
      assertEquals(await ids("--unencrypted", "--sort=time"), "web bad web sig");
      assertEquals(await ids("--match=*b", "--since=1d"), "db");
      assertEquals(await ids("--match=vm/*", "--match=s*"), "sig");
      assertEquals((await ids("--sort=new", "--reverse")).split(" ")[0], "web");
    });
    await test.step(`${place}: groups are chosen by the age of their newest snapshot`, async () => {
      const groups = (...args: string[]) => run(["list", ...args], env);
      const text = await groups("--long", "--sort=time");
      const row = (id: string, age: string) => `│ host\\/${id} +│ +${age}( \\d+m)? │[^]*`;
      assertMatch(text, new RegExp(`${row("bad", "4d")}${row("web", "3d")}${row("db", "\\d+m")}`));
      const stale = JSON.parse(await groups("--until=2d", "--long", "--output-format=json"));
      assertEquals(
        stale.map((each: Record<string, unknown>) => each["backup-id"]).toSorted(),
        ["bad", "sig", "web"],
      );
      assertEquals(stale.every(({ age }: { age: number }) => age >= 2 * DAY), true);
    });
    await test.step(`${place}: a terminal shows in color what wants attention`, async () => {
      const shown = (args: string[], more: Record<string, string> = {}) =>
        run(args, { ...env, ...more }, new MemoryStream(true));
      const colors = await shown(["list", "--long"]);
      assertMatch(colors.replaceAll("\x1b[", "<"), /│ <33m *3d( \d+m)?<0m │/);
      assertStringIncludes(await shown(["snapshot", "list", "--long"]), "\x1b[31mfailed  \x1b[0m");
      for (
        const text of [await shown(["list"]), await shown(["list", "--long"], { NO_COLOR: "1" })]
      ) {
        assertEquals(text.includes("\x1b"), false);
      }
      const json = await shown(["list", "--long", "--output-format=json-pretty"]);
      assertEquals(json.includes("\x1b"), false);
    });
  }
});

/** Damages the chunks that something adds. */
async function damagingChunks(chunks: string, add: () => Promise<void>): Promise<void> {
  const names = async () => {
    const found: string[] = [];
    for await (const folder of Deno.readDir(chunks)) {
      if (!folder.isDirectory) continue;
      for await (const { name } of Deno.readDir(`${chunks}/${folder.name}`)) {
        found.push(`${chunks}/${folder.name}/${name}`);
      }
    }
    return found;
  };
  const before = new Set(await names());
  await add();
  const added = (await names()).filter((name) => !before.has(name));
  assert(added.length > 0);
  for (const name of added) await Deno.writeTextFile(name, "not a chunk any more");
}

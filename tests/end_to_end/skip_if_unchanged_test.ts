import { assertEquals, assertStringIncludes } from "@std/assert";
import { Datastore, LocalRepository } from "../../lib/datastore/mod.ts";
import { runInProcess } from "../support/cli_in_process.ts";
import { eventually } from "../support/eventually.ts";
import { listTree } from "../support/list_tree.ts";
import { runPeer } from "../support/run_peer.ts";
import { TempDir } from "../support/temp_dir.ts";
import { TestServer } from "../support/test_server.ts";
import { testWithPeers } from "../support/with_peers.ts";

const MAKE = `
mkdir -p etc/ssh home var/spool; echo 1 > etc/fstab; head -c 300000 /dev/urandom > var/data
echo 22 > etc/ssh/port; ln etc/fstab var/again; ln -s ../etc var/link; mkfifo var/pipe; : > var/zero
echo last > var/spool/zz; setfattr -n user.a -v 1 etc/ssh/port
`;
/** Whoever changes a file just before a run is not believed to have left it alone after it. */
const AGE = "find . -exec touch -h -d @1500000000 {} +";
const MODES = ["legacy", "data", "metadata"] as const;
const PROTECTIONS = {
  plain: [],
  signed: ["--keyfile=KEY", "--crypt-mode=sign-only"],
  encrypted: ["--keyfile=KEY", "--master-pubkey-file=MASTER"],
} as const;

/** Changes that nobody may miss; each is undone by none of the later ones. */
const CHANGES: readonly (readonly [string, string])[] = [
  ["a file of the same size", "echo 2 > etc/fstab; touch -d @1500000002 etc/fstab"],
  ["a time of modification", "touch -d @1500000001 var/data"],
  ["rights of a directory", "chmod 700 etc/ssh"],
  ["rights of the source", "chmod 711 ."],
  ["a target", "ln -sfn ../home var/link"],
  ["an attribute", "setfattr -n user.a -v 2 etc/ssh/port"],
  ["a hard link that is a copy now", "cp -p var/again x; mv x var/again; touch -d @1500000000 var"],
  ["a type", "rm var/pipe; mkdir var/pipe; touch -d @1500000000 var/pipe var"],
  ["a name", "mv var/zero var/zerp; touch -d @1500000000 var"],
  ["a last file that is gone", "rm var/spool/zz; touch -d @1500000000 var/spool"],
  ["a new last file", "echo n > var/spool/zz; touch -d @1500000000 var/spool/zz var/spool"],
  ["a new empty directory", "mkdir zdir; touch -d @1500000000 zdir ."],
];

interface Report {
  readonly unchanged?: boolean;
  readonly "backup-time": number;
  readonly archives: readonly unknown[];
}

/** Backups of one tree at ever later times. */
class World implements AsyncDisposable {
  #time = 1_700_000_000;

  private constructor(readonly dir: TempDir, readonly server: TestServer) {}

  /** @param masterKeys Names of the master keys that it has. */
  static async start(...masterKeys: readonly string[]): Promise<World> {
    const world = new World(await TempDir.make("/var/tmp"), await TestServer.start());
    await Deno.mkdir(world.tree);
    await world.change(MAKE + AGE);
    await Deno.writeTextFile(`${world.dir.path}/app.conf`, "setting = 1\n");
    await Deno.writeFile(`${world.dir.path}/disk`, new Uint8Array(5_000_000).fill(99, 4_500_000));
    for (const name of ["KEY", "OTHER"]) {
      assertEquals((await world.run(["key", "create", world.path(name), "--kdf=none"])).code, 0);
    }
    for (const name of masterKeys) {
      await runPeer("bash", [
        "-ec",
        `openssl genrsa 3072 2>/dev/null | openssl rsa -pubout -out '${world.path(name)}'`,
      ]);
    }
    return world;
  }

  get tree(): string {
    return `${this.dir.path}/tree`;
  }

  get served(): Record<string, string> {
    return {
      PBS_REPOSITORY: `admin@pbs@127.0.0.1:${this.server.port}:store1`,
      PBS_PASSWORD: "a password",
      PBS_FINGERPRINT: this.server.certificate.fingerprint,
    };
  }

  path(name: string): string {
    return `${this.dir.path}/${name}`;
  }

  async change(script: string): Promise<void> {
    await runPeer("bash", ["-ec", script], { cwd: this.tree });
  }

  /** Changes one source in turn. */
  async makeNews(count: number): Promise<void> {
    if (count % 3 === 0) {
      await this.change(`echo ${count} > etc/fstab; touch -d @${1_500_000_001 + count} etc/fstab`);
    } else if (count % 3 === 1) {
      await Deno.writeTextFile(this.path("app.conf"), `setting = ${count + 10}\n`);
    } else {
      await Deno.writeFile(this.path("disk"), new Uint8Array(5_000_000).fill(count, 4_500_000));
    }
  }

  run(args: readonly string[], env: Record<string, string> = {}) {
    return runInProcess(args, {
      PBS_REPOSITORY: this.server.datastorePath,
      XDG_CACHE_HOME: `${this.dir.path}/cache`,
      ...env,
    });
  }

  /** Backs up what is as in the snapshot of that time: nothing of it may stay. */
  async backUpUnchanged(since: number, ...backup: Parameters<World["backUp"]>): Promise<void> {
    const [id] = backup;
    const folder = `${this.server.datastorePath}/host/${id}`;
    const before = await listTree(folder);
    const run = await this.backUp(...backup);
    assertEquals([run.unchanged, run["backup-time"], run.archives], [true, since, []], run.said);
    assertStringIncludes(run.said, `Unchanged since host/${id}/20`);
    // A server removes the folder of the session when it hears of its end.
    await eventually(async () => assertEquals(await listTree(folder), before));
  }

  /** Backs up with the option. @returns The report and what was said. */
  async backUp(
    id: string,
    specs: readonly string[],
    options: readonly string[],
    env: Record<string, string> = {},
  ): Promise<Report & { readonly said: string; readonly time: number }> {
    this.#time += 3600;
    const { code, stdout, stderr } = await this.run([
      "backup",
      ...specs,
      `--backup-id=${id}`,
      `--backup-time=${this.#time}`,
      "--output-format=json",
      "--skip-if-unchanged",
      ...options.map((option) => option.replace(/[A-Z]{3,}$/, (name) => this.path(name))),
    ], env);
    assertEquals(code, 0, stderr);
    return { ...JSON.parse(stdout), said: stderr, time: this.#time };
  }

  /** Times of a group's snapshots, oldest first. */
  async times(id: string): Promise<number[]> {
    await using repository = new LocalRepository(Datastore.open(this.server.datastorePath));
    const group = { type: "host", id } as const;
    return (await repository.listSnapshots("", group)).map(({ time }) => time);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    await this.dir[Symbol.asyncDispose]();
  }
}

testWithPeers(
  "--skip-if-unchanged makes a snapshot only of news, in all modes, plain and encrypted, on a directory and a server",
  [
    "bash",
    "openssl",
    "setfattr",
  ],
  async (test) => {
    await using world = await World.start("MASTER");
    const specs = [
      `root.pxar:${world.tree}`,
      `app.conf:${world.path("app.conf")}`,
      `disk.img:${world.path("disk")}`,
    ];
    let count = 0;
    for (const [place, env] of [["local", {}], ["served", world.served]] as const) {
      for (const mode of MODES) {
        for (const [protection, keys] of Object.entries(PROTECTIONS)) {
          const id = `${place}-${mode}-${protection}`;
          const options = [`--change-detection-mode=${mode}`, ...keys];
          await test.step(id, async () => {
            const first = await world.backUp(id, specs, options, env);
            assertEquals([first.unchanged, first["backup-time"]], [undefined, first.time]);
            await world.backUpUnchanged(first.time, id, specs, options, env);
            await world.makeNews(count++);
            const third = await world.backUp(id, specs, options, env);
            assertEquals(
              [third.unchanged, third.archives.length > 2],
              [undefined, true],
              third.said,
            );
            // The archive that took something over is compared with as well.
            await world.backUpUnchanged(third.time, id, specs, options, env);
            assertEquals(await world.times(id), [first.time, third.time]);
          });
        }
      }
    }
  },
);

for (const mode of ["metadata", "legacy"] as const) {
  testWithPeers(`--skip-if-unchanged misses no change of a tree in mode ${mode}`, [
    "bash",
    "setfattr",
  ], async (test) => {
    await using world = await World.start();
    const specs = [`root.pxar:${world.tree}`];
    const options = [`--change-detection-mode=${mode}`];
    await world.backUp("host", specs, options);
    for (const [name, script] of CHANGES) {
      await test.step(name, async () => {
        await world.change(script);
        const run = await world.backUp("host", specs, options);
        assertEquals(run.unchanged, undefined, name);
      });
    }
    await test.step("and nothing else", async () => {
      assertEquals((await world.backUp("host", specs, options)).unchanged, true);
    });
  });
}

testWithPeers(
  "--skip-if-unchanged sees what a snapshot stands for: archives, excludes, keys, soundness",
  [
    "bash",
    "openssl",
    "setfattr",
  ],
  async (test) => {
    await using world = await World.start("MASTER", "SECOND");
    const tree = `root.pxar:${world.tree}`;
    const conf = `app.conf:${world.path("app.conf")}`;
    const cases: readonly (readonly [string, readonly string[], readonly string[]])[] = [
      ["nothing before", [tree], []],
      ["one more archive", [tree, conf], []],
      ["one archive less", [tree], []],
      ["another name", [tree.replace("root", "rest")], []],
      ["an exclude pattern", [tree], ["--exclude=/none"]],
      ["a signature", [tree], ["--keyfile=KEY", "--crypt-mode=sign-only"]],
      ["encryption", [tree], ["--keyfile=KEY"]],
      ["another key", [tree], ["--keyfile=OTHER"]],
      ["a master key", [tree], ["--keyfile=OTHER", "--master-pubkey-file=MASTER"]],
      ["another master key", [tree], ["--keyfile=OTHER", "--master-pubkey-file=SECOND"]],
      ["no encryption", [tree], []],
      ["another mode", [tree], []],
    ];
    for (const [name, specs, more] of cases) {
      await test.step(name, async () => {
        const mode = name === "another mode" ? "legacy" : "metadata";
        const options = [`--change-detection-mode=${mode}`, ...more];
        assertEquals((await world.backUp("a", specs, options)).unchanged, undefined);
        assertEquals((await world.backUp("a", specs, options)).unchanged, true);
      });
    }
    await test.step("a last snapshot that failed its verification", async () => {
      const options = ["--change-detection-mode=metadata"];
      const first = await world.backUp("b", [tree], options);
      const store = world.server.datastorePath;
      const path = `host/b/${new Date(first.time * 1000).toISOString().replace(".000", "")}`;
      await runPeer("bash", ["-ec", `printf x >> '${store}/${path}/root.mpxar.didx'`]);
      const second = await world.backUp("b", [tree], options);
      assertEquals(second.unchanged, undefined, second.said);
      assertEquals((await world.run(["datastore", "verify", store])).code, 255);
      assertEquals((await world.backUp("b", [tree], options)).unchanged, true);
    });
    await test.step("a file that changed just before the last run is read again", async () => {
      const options = ["--change-detection-mode=metadata"];
      // No run is so late that this was not just before it.
      await world.change("echo now > home/now; touch -d 2100-01-01 home/now");
      const first = await world.backUp("c", [tree], options);
      assertEquals(first.unchanged, undefined);
      assertEquals((await world.backUp("c", [tree], options)).unchanged, undefined);
    });
    await test.step("and is refused where its answer would keep files from being read again", async () => {
      const run = await world.run(["backup", tree, "--skip-if-unchanged", "--reread-every=3"]);
      assertEquals(run.code, 255);
      assertStringIncludes(run.stderr, "conflicts with option 'reread-every'");
    });
  },
);

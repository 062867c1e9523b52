import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { eventually } from "../support/eventually.ts";
import { runClient, runClientOk, spawnClient } from "../support/run_client.ts";
import { ServerProcess } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";

/** A first start that has to fail. */
interface FailingStart {
  readonly args: (dir: string, port: number) => readonly string[];
  readonly prepare?: (dir: string) => void;
  readonly says: RegExp;
}

const FAILING: Readonly<Record<string, FailingStart>> = {
  "a port in use": {
    args: (dir, port) => [`--datastore=store1=${dir}/store`, `--listen=127.0.0.1:${port}`],
    says: /cannot listen on 127\.0\.0\.1/,
  },
  "a bad name of a datastore": {
    args: (dir) => [`--datastore=s=${dir}/store`, "--listen=127.0.0.1:0"],
    says: /"s"/,
  },
  "a directory that is not empty": {
    args: (dir) => [`--datastore=store1=${dir}/store`, "--listen=127.0.0.1:0"],
    prepare: (dir) => {
      Deno.mkdirSync(`${dir}/store`);
      Deno.writeTextFileSync(`${dir}/store/mine`, "");
    },
    says: /is not empty: there is "mine"/,
  },
  "a missing parent directory": {
    args: (dir) => [`--datastore=store1=${dir}/no/store`, "--listen=127.0.0.1:0"],
    says: /no folder ".*\/no"/,
  },
  "a bad second datastore": {
    args: (dir) => [
      `--datastore=store1=${dir}/store`,
      `--datastore=store2=/proc/self/store`,
      "--listen=127.0.0.1:0",
    ],
    says: /\/proc/,
  },
};

Deno.test("a first start that fails makes no secrets; the next one prints a password that works", async () => {
  for (const [name, { args, prepare, says }] of Object.entries(FAILING)) {
    await using dir = await TempDir.make("/dev/shm");
    prepare?.(dir.path);
    using busy = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const run = await runClient([
      "serve",
      `--config=${dir.path}/config`,
      ...args(dir.path, busy.addr.port),
    ]);
    assert(run.code !== 0, name);
    assertMatch(run.stderr, says, name);
    assertEquals(run.stdout, "", name);
    if (name !== "a bad second datastore") {
      await assertRejects(() => Deno.stat(`${dir.path}/config`), Deno.errors.NotFound);
    }
    // Once is enough: starting takes its time.
    if (name !== "a port in use") continue;
    await using server = await ServerProcess.start({ dir });
    assert(server.clientEnvironment.PBS_PASSWORD, name);
    await runClientOk(["status"], { env: server.clientEnvironment });
  }
});

/** Starts a server and kills it when a file has appeared. @returns The password it has printed. */
async function startAndKill(dir: string, file: string): Promise<string | undefined> {
  const child = spawnClient([
    "serve",
    `--datastore=store1=${dir}/store`,
    `--config=${dir}/config`,
    "--listen=127.0.0.1:0",
  ], { output: "piped" });
  const output = child.output();
  await eventually(() => Deno.stat(file));
  child.kill("SIGKILL");
  const { stdout } = await output;
  return /shown only now: (\S+)/.exec(new TextDecoder().decode(stdout))?.[1];
}

Deno.test("a start that is killed at any moment loses no password", async () => {
  await using dir = await TempDir.make("/dev/shm");
  let known: string | undefined;
  for (const file of ["config", "config/server.pem", "store/.chunks", "config/log/tasks/active"]) {
    known = await startAndKill(dir.path, `${dir.path}/${file}`) ?? known;
  }
  await using server = await ServerProcess.start({ dir });
  const { PBS_PASSWORD = known ?? "" } = server.clientEnvironment;
  await runClientOk(["status"], { env: { ...server.clientEnvironment, PBS_PASSWORD } });
});

Deno.test("a start without a new password says how to set one", async () => {
  await using dir = await TempDir.make("/dev/shm");
  {
    await using first = await ServerProcess.start({ dir });
    assert(!first.greeting.includes("serve user passwd"));
  }
  await using second = await ServerProcess.start({ dir });
  assertEquals(second.clientEnvironment.PBS_PASSWORD, undefined);
  assertStringIncludes(
    second.greeting,
    `serve user passwd admin@pbs --config '${dir.path}/config'" sets a new one`,
  );
  await runClientOk(["serve", "user", "passwd", "admin@pbs", "--config", `${dir.path}/config`], {
    env: { PBS_NEW_PASSWORD: "another one" },
  });
  const env = { ...second.clientEnvironment, PBS_PASSWORD: "another one" };
  await runClientOk(["status"], { env });
});

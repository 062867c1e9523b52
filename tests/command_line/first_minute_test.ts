import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { setTimeout as delay } from "node:timers/promises";
import { clientCommand, runClient, runClientOk, spawnClient } from "../support/run_client.ts";
import { TempDir } from "../support/temp_dir.ts";

/** Folders of a chunk store; a datastore in memory, because a disk takes long for so many. */
function folderCount(store: string): number {
  return [...Deno.readDirSync(`${store}/.chunks`)].filter(({ isDirectory }) => isDirectory).length;
}

function isIncomplete(store: string): boolean {
  return [...Deno.readDirSync(store)].some(({ name }) => name === ".chunks.incomplete");
}

const PATIENCE_MS = 60_000;

/** Waits until a check passes; what it throws counts as no. */
async function until(check: () => boolean): Promise<void> {
  const passes = () => {
    try {
      return check();
    } catch {
      return false;
    }
  };
  for (const deadlineMs = Date.now() + PATIENCE_MS; !passes();) {
    assert(Date.now() < deadlineMs, `${check}`);
    await delay(10);
  }
}

async function makeTree(path: string): Promise<void> {
  await Deno.mkdir(path);
  for (let i = 0; i < 20; i++) await Deno.writeTextFile(`${path}/${i}`, `content ${i}`.repeat(i));
}

Deno.test("two first backups with --init at once both succeed, and leave a whole datastore", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const store = `${dir.path}/store`;
  await makeTree(`${dir.path}/tree`);
  const backup = (id: string) =>
    runClient(
      [
        "backup",
        `tree.pxar:${dir.path}/tree`,
        "--init",
        "--repository",
        store,
        "--backup-id",
        id,
      ],
      {},
    );
  const runs = await Promise.all(["one", "two", "three"].map(backup));
  for (const { code, stderr } of runs) assertEquals(code, 0, stderr);
  const told = runs.filter(({ stderr }) => stderr.includes("The datastore is new"));
  assertEquals(told.length, 1, runs.map(({ stderr }) => stderr).join("\n---\n"));
  for (const { stderr } of runs) {
    // The result first; nobody wonders what the rest of the time is for, if there is a rest.
    const [result, rest] = ["Summary: ", "folders of the datastore: "]
      .map((text) => stderr.indexOf(text)) as [number, number];
    assert(result >= 0 && (rest < 0 || result < rest), stderr);
  }
  assertEquals([folderCount(store), isIncomplete(store)], [65536, false]);
  await runClientOk(["datastore", "verify", store]);
});

Deno.test("a first backup that is killed leaves a datastore with which the next one goes on", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const store = `${dir.path}/store`;
  await makeTree(`${dir.path}/tree`);
  const backup = ["backup", `tree.pxar:${dir.path}/tree`, "--init", "--repository", store];
  for (const signal of ["SIGKILL", "SIGINT"] as const) {
    const child = spawnClient([...backup, "--backup-id", signal.toLowerCase()]);
    // As soon as the datastore is there.
    await until(() => folderCount(store) > 0);
    child.kill(signal);
    await child.status;
  }
  await runClientOk([...backup, "--backup-id", "again"]);
  assertEquals([folderCount(store), isIncomplete(store)], [65536, false]);
  await runClientOk(["datastore", "verify", store]);
});

Deno.test("`datastore init` shows how far it is, and goes on where it was interrupted", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const store = `${dir.path}/store`;
  const child = spawnClient(["datastore", "init", store]);
  await until(() => folderCount(store) > 0);
  child.kill("SIGINT");
  const { signal, code } = await child.status;
  const wasInterrupted = isIncomplete(store);
  assertEquals(wasInterrupted ? [signal, code] : "done", wasInterrupted ? ["SIGINT", 130] : "done");
  if (wasInterrupted) {
    const { stderr, code } = await runClient(["datastore", "init", store], {});
    assertEquals(code, 0, stderr);
    for (const percent of [25, 50, 75, 100]) assertStringIncludes(stderr, `: ${percent}%`);
    assertStringIncludes(stderr, "created datastore");
  }
  assertEquals([folderCount(store), isIncomplete(store)], [65536, false]);
  const again = await runClient(["datastore", "init", store], {});
  assertEquals(again.code, 255);
  assertStringIncludes(again.stderr, "is a datastore already");
});

Deno.test("`serve` makes the folders of a new datastore beside its work, and goes on the next time", async () => {
  await using dir = await TempDir.make("/dev/shm");
  const store = `${dir.path}/store`;
  const start = () => {
    const [command = "", ...args] = clientCommand([
      "serve",
      `--datastore=store1=${store}`,
      `--config=${dir.path}/config`,
      "--listen=127.0.0.1:0",
    ]);
    const output = { stdin: "null", stdout: "piped", stderr: "null" } as const;
    return new Deno.Command(command, { args, ...output }).spawn();
  };
  for (const attempt of ["stopped early", "to the end"]) {
    const child = start();
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    for (let text = ""; !text.includes("PBS_FINGERPRINT");) {
      const { value, done } = await reader.read();
      assert(!done, text);
      text += value;
    }
    if (attempt === "to the end") await until(() => !isIncomplete(store));
    child.kill("SIGTERM");
    while (!(await reader.read()).done);
    assertEquals((await child.status).code, 0, attempt);
  }
  assertEquals(folderCount(store), 65536);
});

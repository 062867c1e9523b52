// deno-lint-ignore-file no-console -- the number of rounds is reported
import { assert, assertEquals } from "@std/assert";
import { setTimeout as delay } from "node:timers/promises";
import { openRemoteRepository } from "../../lib/remote/mod.ts";
import { eventually } from "../support/eventually.ts";
import { kernelLocks } from "../support/kernel_locks.ts";
import { ownLoopback } from "../support/own_loopback.ts";
import { runClient, runClientOk, spawnClient } from "../support/run_client.ts";
import { runPeer } from "../support/run_peer.ts";
import { ServerProcess } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";
import { withoutHint } from "../support/without_hint.ts";

const KILLED_ROUNDS = 50;
const ROUNDS_MAX = 300;
const FAILURE = 255;
/** Rounds between two complete backups with a verification. */
const CHECK_EVERY = 10;
const FILES = 200;
const BIG_BYTES = 12 << 20;

/** Counts, and what else a test's rounds share. */
class Rounds {
  killed = 0;
  /** Runs that had begun a snapshot on the server when the blow fell. */
  begun = 0;
  round = 0;
  usualMs = 0;
  time = 1_700_000_000;
  finished = 0;

  constructor(readonly source: string, readonly store: string) {}

  /** New content, so that there is something to store when the blow falls. */
  async changeSource(): Promise<void> {
    await Deno.mkdir(this.source, { recursive: true });
    const noise = new Uint8Array(BIG_BYTES);
    for (let at = 0; at < noise.length; at += 65536) {
      crypto.getRandomValues(noise.subarray(at, at + 65536));
    }
    await Deno.writeFile(`${this.source}/big`, noise);
    for (let i = 0; i < FILES; i++) {
      Deno.writeFileSync(`${this.source}/${i}`, noise.subarray(i * 1000, i * 1000 + i * 20));
    }
  }

  backup(...options: string[]): string[] {
    this.time += 100;
    return [
      "backup",
      `tree.pxar:${this.source}`,
      `big.img:${this.source}/big`,
      ...["--backup-id", "test", "--backup-time", `${this.time}`, ...options],
    ];
  }

  /** Lets a backup finish, and learns how long one takes. */
  async backUp(env: Record<string, string>): Promise<void> {
    const started = performance.now();
    await runClientOk(this.backup(), { env });
    this.usualMs = performance.now() - started;
    this.finished++;
  }

  /** A moment at which a run that has started now is likely to be at work. */
  async randomMoment(): Promise<void> {
    const delayMs = (0.2 + 0.8 * Math.random()) * this.usualMs;
    await delay(delayMs);
    // A machine that others use as well is not always as fast as it was.
    if (this.unfinished().length > 0) this.begun++;
    else this.usualMs *= 1.05;
  }

  /** Whether enough were killed, and enough of them while they had begun a snapshot. */
  get isDone(): boolean {
    return this.killed >= KILLED_ROUNDS && this.begun >= KILLED_ROUNDS / 4;
  }

  /** Folders of snapshots without a manifest. */
  unfinished(): string[] {
    const folder = `${this.store}/host/test`;
    return [...Deno.readDirSync(folder)].filter(({ name, isDirectory }) => {
      if (!isDirectory) return false;
      try {
        Deno.statSync(`${folder}/${name}/index.json.blob`);
        return false;
      } catch {
        return true;
      }
    }).map(({ name }) => name);
  }

  /** Nobody holds a lock, every snapshot is finished or known not to be, and all chunks are good. */
  async check(env: Record<string, string>): Promise<void> {
    const listed = await runClientOk(["snapshot", "list", "--output-format", "json"], { env });
    const snapshots: { files: (string | { filename: string })[] }[] = JSON.parse(listed.stdout);
    const finished = snapshots.filter(({ files }) => JSON.stringify(files).includes("index.json"));
    assert(finished.length >= this.finished, "a finished snapshot is gone");
    await this.backUp(env);
    const verified = await runClient(["datastore", "verify", this.store]);
    assertEquals(verified.code, 0, `round ${this.round}:\n${verified.stdout}\n${verified.stderr}`);
    await this.unlocked();
    await runClientOk(["prune", "host/test", "--keep-last", "2"], { env });
    this.finished = Math.min(2, this.finished);
  }

  /** Waits until nobody holds a lock: a server gives it back a little after its answer. */
  async unlocked(): Promise<void> {
    await eventually(() => {
      assertEquals(kernelLocks(this.store), []);
      return Promise.resolve();
    });
  }

  /** The last snapshot has what the source has. */
  async checkContent(env: Record<string, string>, target: string): Promise<void> {
    await runClientOk(["restore", "host/test", "tree.pxar", target], { env });
    assertEquals(await runPeer("diff", ["-r", this.source, target]), "");
  }

  report(): void {
    console.log(`${this.killed} of ${this.round} were killed, ${this.begun} with a snapshot begun`);
  }
}

/** Begins a backup and gives it up: nobody stands in the way. */
async function beginAndAbort(rounds: Rounds, env: Record<string, string>): Promise<void> {
  const [, authId, port] = /^(.*)@127\.0\.0\.1:(\d+):/.exec(env.PBS_REPOSITORY!)!;
  await using repository = await openRemoteRepository({
    address: {
      kind: "server",
      authId: authId!,
      host: "127.0.0.1",
      port: Number(port),
      datastore: "store1",
    },
    password: env.PBS_PASSWORD!,
    fingerprint: env.PBS_FINGERPRINT!,
  });
  const target = await repository.beginBackup({
    namespace: "",
    snapshot: { type: "host", id: "test", time: rounds.time + 50 },
  });
  await target.abort();
  await rounds.unlocked();
}

/** One error with at most its causes behind it (cli.md §1.5), and no stack. */
function assertOneError(output: string): void {
  const stderr = withoutHint(output);
  const [before, ...errors] = `\n${stderr}`.split("\nError: ");
  assertEquals(errors.length, 1, stderr);
  assert(!before!.includes("Caused by"), stderr);
  assert(!/^\s+at .*:\d+:\d+/m.test(stderr), stderr);
  assert(/^[^\n]+\n(\nCaused by:\n( {4}[^\n]+\n)+)?$/.test(errors[0]!), stderr);
}

Deno.test("a client killed at any moment leaves nothing on the server", async () => {
  await using server = await ServerProcess.start();
  const env = server.clientEnvironment;
  const rounds = new Rounds(`${server.dir.path}/source`, `${server.dir.path}/store`);
  await rounds.changeSource();
  await rounds.backUp(env);
  while (!rounds.isDone) {
    assert(
      ++rounds.round <= ROUNDS_MAX,
      `only ${rounds.killed} were caught alive, ${rounds.begun} at work`,
    );
    await rounds.changeSource();
    const child = spawnClient(rounds.backup(), { env });
    await rounds.randomMoment();
    try {
      child.kill("SIGKILL");
    } catch {
      // It was faster.
    }
    const status = await child.status;
    if (status.signal === "SIGKILL") rounds.killed++;
    else {
      assertEquals(status.code, 0, `round ${rounds.round}`);
      rounds.usualMs *= 0.9;
    }
    // The server notices and cleans up by itself.
    await eventually(() => {
      assertEquals(rounds.unfinished(), []);
      assertEquals(kernelLocks(rounds.store), []);
    });
    await beginAndAbort(rounds, env);
    if (rounds.round % CHECK_EVERY === 0 || rounds.isDone) {
      await rounds.check(env);
    }
  }
  await rounds.checkContent(env, `${server.dir.path}/restored`);
  assertEquals((await server.end()).code, 0);
  rounds.report();
});

Deno.test("a server killed at any moment leaves a datastore that is good, and nobody locked out", async () => {
  await using dir = await TempDir.make("/dev/shm");
  let server = await ServerProcess.start({ dir });
  const secret = server.clientEnvironment.PBS_PASSWORD!;
  const environment = () => ({ ...server.clientEnvironment, PBS_PASSWORD: secret });
  const rounds = new Rounds(`${dir.path}/source`, `${dir.path}/store`);
  try {
    await rounds.changeSource();
    await rounds.backUp(environment());
    while (!rounds.isDone) {
      assert(++rounds.round <= ROUNDS_MAX, `only ${rounds.killed} failed, ${rounds.begun} at work`);
      await rounds.changeSource();
      const child = spawnClient(rounds.backup("--retry", "0"), {
        env: environment(),
        output: "piped",
      });
      const output = child.output();
      await rounds.randomMoment();
      assertEquals((await server.end("SIGKILL")).signal, "SIGKILL");
      const { code, signal, stderr } = await output;
      assertEquals(signal, null);
      if (code !== 0) {
        rounds.killed++;
        assertEquals(code, FAILURE);
        assertOneError(new TextDecoder().decode(stderr));
      } else rounds.usualMs *= 0.9;
      assertEquals(kernelLocks(rounds.store), []);
      server = await ServerProcess.start({ dir });
      await beginAndAbort(rounds, environment());
      if (rounds.round % CHECK_EVERY === 0 || rounds.isDone) {
        await rounds.check(environment());
        assert(rounds.unfinished().length <= 1, "prune keeps unfinished snapshots");
      }
    }
    await rounds.checkContent(environment(), `${dir.path}/restored`);
    rounds.report();
  } finally {
    await server[Symbol.asyncDispose]();
  }
});

Deno.test("a client whose server is killed and started again finishes its backup", async () => {
  await using dir = await TempDir.make("/dev/shm");
  await using first = await ServerProcess.start({ dir, listen: `${ownLoopback()}:0` });
  const rounds = new Rounds(`${dir.path}/source`, `${dir.path}/store`);
  await rounds.changeSource();
  const env = first.clientEnvironment;
  await rounds.backUp(env);
  await rounds.changeSource();
  const args = ["backup", `tree.pxar:${rounds.source}`, "--backup-id", "test", "--rate", "4MB"];
  const output = spawnClient(args, { env, output: "piped" }).output();
  await eventually(() => {
    assertEquals(rounds.unfinished().length, 1);
    return Promise.resolve();
  });
  await first.end("SIGKILL");
  await using second = await ServerProcess.start({ dir, listen: first.address });
  const { code, stderr } = await output;
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  await rounds.checkContent(env, `${dir.path}/restored`);
  await runClientOk(["datastore", "verify", rounds.store]);
  assertEquals((await second.end()).code, 0);
});

import { assert, assertEquals, assertMatch } from "@std/assert";
import { setTimeout as delay } from "node:timers/promises";
import { Datastore } from "../../lib/datastore/mod.ts";
import { assertOk } from "../support/assert_run.ts";
import { CountingRelay } from "../support/counting_relay.ts";
import { runClient, runClientOk, spawnClient } from "../support/run_client.ts";
import { runPeer } from "../support/run_peer.ts";
import { ServerProcess } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";

const FILES = 24;
const FILE_BYTES = 1_000_000;
/** Chunks that are under way at most when a run ends (lib/backup): they may be sent again. */
const UNDER_WAY = 64;
/** Chunks have different sizes: so many times as large as on average are these at most. */
const SLACK = 1.5;
/**
 * Shares of a run after which it ends: more than the chunks that are under way, so that a run which
 * sends everything again is told from one that does not.
 */
const [EARLY, LATE] = [0.4, 0.9];
/** The file in which a run writes down what it sends (docs/remote.md). */
const HEADER_BYTES = 64;
const RECORD_BYTES = 44;
/** Runs that may be over before they are interrupted. */
const ATTEMPTS = 10;

/** Where backups go, and how much of them. */
interface Destination extends AsyncDisposable {
  readonly repository: string;
  readonly env: Record<string, string>;
  /** Bytes that all runs so far have sent or written. */
  sentBytes(): Promise<number>;
  /** Breaks connections off, where there are any. */
  breakOff?(): void;
  /** Makes the disk so large that it has room for this many more bytes. */
  leaveRoom(bytes: number): Promise<void>;
}

/** A file system of its own for a datastore. */
class Disk implements AsyncDisposable {
  private constructor(readonly path: string, readonly dir: TempDir) {}

  static async mount(): Promise<Disk> {
    const dir = await TempDir.make("/dev/shm");
    await runPeer("mount", ["-t", "tmpfs", "-o", "size=1g", "tmpfs", dir.path]);
    return new Disk(dir.path, dir);
  }

  async leaveRoom(bytes: number): Promise<void> {
    const used = Number(
      (await runPeer("df", ["--block-size=1", "--output=used", this.path])).split("\n")[1],
    );
    const size = Math.round(used + bytes);
    await runPeer("mount", ["-o", `remount,size=${size}`, this.path]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await runPeer("umount", [this.path]);
    await this.dir[Symbol.asyncDispose]();
  }
}

async function makeLocal(): Promise<Destination> {
  const dir = await Disk.mount();
  const repository = `${dir.path}/store`;
  Datastore.create(repository, { chunkFoldersOnDemand: true })[Symbol.dispose]();
  return {
    repository,
    env: {},
    // Only grows: a chunk is written once.
    sentBytes: async () => {
      const where = [`${repository}/.chunks`, "-type", "f", "-printf", "%s\n"];
      const sizes = (await runPeer("find", where)).trim().split("\n");
      return sizes.reduce((sum, size) => sum + Number(size), 0);
    },
    leaveRoom: (bytes) => dir.leaveRoom(bytes),
    [Symbol.asyncDispose]: () => dir[Symbol.asyncDispose](),
  };
}

async function makeServed(): Promise<Destination> {
  const disk = await Disk.mount();
  const server = await ServerProcess.start({ store: `${disk.path}/store` });
  const relay = new CountingRelay(server.port);
  const env = server.clientEnvironment;
  return {
    repository: env.PBS_REPOSITORY!.replace(`:${server.port}:`, `:${relay.port}:`),
    env,
    sentBytes: () => Promise.resolve(relay.sentBytes),
    breakOff: () => relay.breakOff(),
    leaveRoom: (bytes) => disk.leaveRoom(bytes),
    [Symbol.asyncDispose]: async () => {
      relay[Symbol.dispose]();
      await server[Symbol.asyncDispose]();
      await disk[Symbol.asyncDispose]();
    },
  };
}

/** New content, so that all of it has to be sent. */
function fill(source: string): void {
  Deno.mkdirSync(source, { recursive: true });
  const content = new Uint8Array(FILE_BYTES);
  for (let i = 0; i < FILES; i++) {
    for (let at = 0; at < FILE_BYTES; at += 50_000) {
      crypto.getRandomValues(content.subarray(at, at + 50_000));
    }
    Deno.writeFileSync(`${source}/${i}`, content);
  }
}

/** Records in the one file of a folder; 0 if there is none. */
function recordsIn(folder: string): number {
  try {
    const [file] = [...Deno.readDirSync(folder)];
    return file === undefined
      ? 0
      : (Deno.statSync(`${folder}/${file.name}`).size - HEADER_BYTES) / RECORD_BYTES;
  } catch (error) {
    // It comes with the first run, and the file goes with it.
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}

/** Bytes of new chunks that a finished run has encoded. */
function encodedBy(stdout: string): number {
  const { archives } = JSON.parse(stdout) as { archives: readonly { sent: number }[] };
  return archives.reduce((sum, { sent }) => sum + sent, 0);
}

for (
  const [where, make, encrypted, interruption, mode] of [
    ["local", makeLocal, false, "SIGKILL", "legacy"],
    ["local", makeLocal, true, "SIGINT", "data"],
    ["served", makeServed, false, "SIGINT", "metadata"],
    ["served", makeServed, true, "SIGKILL", "legacy"],
    ["served", makeServed, false, "a lost connection", "data"],
    ["local", makeLocal, false, "a full disk", "metadata"],
    ["served", makeServed, true, "a full disk", "legacy"],
  ] as const
) {
  const how = `${encrypted ? "encrypted" : "plain"}, ${where}, after ${interruption}`;
  Deno.test(`what an interrupted run has sent is not sent again, ${how}`, async () => {
    await using dir = await TempDir.make("/dev/shm");
    await using to = await make();
    const source = `${dir.path}/source`;
    const cache = `${dir.path}/cache/proxmox-backup/sent-chunks`;
    const env = { ...to.env, XDG_CACHE_HOME: `${dir.path}/cache` };
    const at = [`--repository=${to.repository}`];
    if (encrypted) {
      at.push("--keyfile", `${dir.path}/key`);
      await runClientOk(["key", "create", `${dir.path}/key`, "--kdf", "none"]);
    }
    const backup = (id: string) => [
      "backup",
      `tree.pxar:${source}`,
      ...at,
      `--backup-id=${id}`,
      `--change-detection-mode=${mode}`,
      "--chunk-size=64",
      "--output-format=json",
      // The next attempt is another process.
      "--retry=0",
    ];

    fill(source);
    const whole = assertOk(await runClient(backup("whole"), { env }));
    const wholeBytes = await to.sentBytes();
    assert(wholeBytes > FILES * FILE_BYTES);
    assertEquals([...Deno.readDirSync(cache)].length, 0, "nothing is left of a finished run");
    const chunks = JSON.parse(whole.stdout).archives[0].chunks;

    let id = "";
    let before = 0;
    // What both runs may send, as a multiple of one that is not interrupted.
    const limit = 1.01 + SLACK * UNDER_WAY / chunks;
    assert(limit < 1 + EARLY, `${chunks} chunks are too few`);
    const part = EARLY + (LATE - EARLY) * Math.random();
    for (let attempt = 1;; attempt++) {
      assert(attempt < ATTEMPTS, "every run was over before");
      id = `cut-${attempt}`;
      fill(source);
      before = await to.sentBytes();
      if (interruption === "a full disk") await to.leaveRoom(part * wholeBytes);
      const child = spawnClient(backup(id), { env, output: "piped" });
      const ended = child.output();
      while (
        recordsIn(cache) < part * chunks &&
        await Promise.race([ended, delay(2)]) === undefined
      );
      if (interruption === "a lost connection") to.breakOff!();
      else if (interruption !== "a full disk") {
        try {
          child.kill(interruption);
        } catch (error) {
          if (!(error instanceof TypeError)) throw error;
        }
      }
      const end = await ended;
      await to.leaveRoom(2 ** 30);
      if (!end.success) {
        const said = new TextDecoder().decode(end.stderr);
        if (interruption === "a full disk") assertMatch(said, /No space left on device/);
        break;
      }
    }
    const cutBytes = await to.sentBytes() - before;
    assert(recordsIn(cache) > 0);
    const run = assertOk(await runClient([...backup(id), "--lock-wait=10s"], { env }));
    const bothBytes = await to.sentBytes() - before;
    const story = `at ${part}: ${bothBytes} of ${wholeBytes} bytes, ${cutBytes} of them before`;
    assert(bothBytes <= limit * wholeBytes, story);
    // Nor encoded again.
    const again = encodedBy(run.stdout) / encodedBy(whole.stdout);
    assert(again + cutBytes / wholeBytes <= limit, `${story}, ${again} encoded again`);
    assertEquals([...Deno.readDirSync(cache)].length, 0);
    const out = `${dir.path}/out`;
    await runClientOk(["restore", `host/${id}`, "tree.pxar", out, ...at], { env });
    await runPeer("diff", ["-r", source, out]);
  });
}

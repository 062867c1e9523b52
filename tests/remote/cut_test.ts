import { assert, assertEquals, assertRejects } from "@std/assert";
import { ConnectionError } from "../../lib/errors/mod.ts";
import type { BackupSnapshot } from "../../lib/repository/mod.ts";
import {
  openRemoteRepository,
  type RemoteRepository,
  type RemoteTimeouts,
} from "../../lib/remote/mod.ts";
import { eventually } from "../support/eventually.ts";
import { CuttingProxy } from "../support/cutting_proxy.ts";
import { backUp, makeSource, restoreTree } from "../support/remote_backup.ts";
import { remoteOptions } from "../support/remote_repository.ts";
import { TempDir } from "../support/temp_dir.ts";
import { TestServer } from "../support/test_server.ts";

/** Longer than anything here takes, far less than a hang. */
const PATIENCE_MS = 120_000;
const STALL_MS = 100;

interface Setting {
  readonly proxy: CuttingProxy;
  readonly folder: string;
  /** Past the proxy. */
  readonly direct: RemoteRepository;
  /** A new client that goes through the proxy. */
  readonly through: (timeouts?: RemoteTimeouts) => Promise<RemoteRepository>;
}

async function withProxy(body: (setting: Setting) => Promise<void>): Promise<void> {
  await using dir = await TempDir.make("/dev/shm");
  await makeSource(dir.path, 3, 150_000);
  await using server = await TestServer.start();
  await using proxy = await CuttingProxy.start(server);
  await using direct = await openRemoteRepository(
    remoteOptions(server, { authId: "admin@pbs!ci" }),
  );
  await body({
    proxy,
    folder: dir.path,
    direct,
    through: (timeouts = {}) => {
      // A token: checking a password takes its time on purpose.
      const authId = "admin@pbs!ci";
      const options = remoteOptions(server, { authId, fingerprint: proxy.fingerprint, timeouts });
      return openRemoteRepository({
        ...options,
        address: { ...options.address, port: proxy.port },
      });
    },
  });
}

/** Fails instead of hanging. */
async function inTime<T>(what: string, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} hangs`)), PATIENCE_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** One line, and not about some inner part. */
function assertClear(error: Error): void {
  assert(error instanceof ConnectionError, Deno.inspect(error));
  assert(!error.message.includes("\n") && error.message.length < 200, error.message);
}

for (const mode of ["reset", "end"] as const) {
  Deno.test(`a backup whose connection is cut (${mode}) behind any frame leaves nothing, and the next one works`, async (test) => {
    await withProxy(async ({ proxy, folder, direct, through }) => {
      let time = 1_700_000_000;
      const next = (): BackupSnapshot => ({ type: "host", id: "cut", time: ++time });
      proxy.restart(Infinity);
      {
        await using repository = await through();
        await backUp(repository, folder, next());
        await direct.forgetGroup("", { type: "host", id: "cut" });
      }
      const frames = proxy.frames;
      let [refused, finished] = [0, 0];
      for (let passed = 0; passed < frames; passed++) {
        proxy.restart(passed, mode);
        await using repository = await through();
        const snapshot = next();
        const outcome = await inTime(
          `backup cut behind frame ${passed}`,
          backUp(repository, folder, snapshot).then(() => undefined, (error: Error) => error),
        );
        if (outcome === undefined) {
          // Cut behind what finished the backup: it counts, and it is there.
          finished++;
          const listed = await direct.listSnapshots("");
          assertEquals(listed.map(({ time }) => time), [snapshot.time]);
          await direct.forgetSnapshot("", snapshot);
          continue;
        }
        refused++;
        assertClear(outcome);
        // Beginning works as soon as the server has cleaned up; nothing is left then.
        const following = await eventually(() =>
          direct.beginBackup({ namespace: "", snapshot: next() })
        );
        assertEquals(following.previousTime, undefined, `frame ${passed} left a snapshot`);
        await following.abort();
        await eventually(async () =>
          assertEquals(await direct.listGroups(""), [], `frame ${passed} left something`)
        );
      }
      assert(refused > 20 && refused >= 0.8 * frames, `${refused} of ${frames}`);
      proxy.restart(Infinity);
      await using repository = await through();
      const last = next();
      await backUp(repository, folder, last);
      await restoreTree(repository, last, `${folder}/restored-${mode}`);
      const restored = await Deno.readFile(`${folder}/restored-${mode}/file-1`);
      assertEquals(restored, await Deno.readFile(`${folder}/tree/file-1`));
      await test.step(`${frames} frames: ${refused} refused, ${finished} were finished`, () => {});
    });
  });
}

Deno.test("a restore whose connection is cut behind any frame ends with one clear error", async (test) => {
  await withProxy(async ({ proxy, folder, direct, through }) => {
    const snapshot = { type: "host", id: "cut", time: 1_700_000_000 } as const;
    await backUp(direct, folder, snapshot);
    proxy.restart(Infinity);
    {
      await using repository = await through();
      await restoreTree(repository, snapshot, `${folder}/whole`);
    }
    const frames = proxy.frames;
    let refused = 0;
    for (let passed = 0; passed < frames; passed++) {
      proxy.restart(passed, passed % 2 === 0 ? "reset" : "end");
      await using repository = await through();
      const target = `${folder}/part-${passed}`;
      const outcome = await inTime(
        `restore cut behind frame ${passed}`,
        restoreTree(repository, snapshot, target).then(() => undefined, (error: Error) => error),
      );
      if (outcome === undefined) continue;
      refused++;
      assertClear(outcome);
    }
    assert(refused > 10, `${refused} of ${frames}`);
    // The reader's lock is gone with its connection.
    await eventually(() => direct.forgetSnapshot("", snapshot));
    await test.step(`${frames} frames, ${refused} refused`, () => {});
  });
});

/** How many frames a whole backup and a whole restore take. */
async function countFrames(
  proxy: CuttingProxy,
  through: Setting["through"],
  folder: string,
  snapshot: BackupSnapshot,
): Promise<{ backup: number; restore: number }> {
  proxy.restart(Infinity);
  await using writer = await through();
  await backUp(writer, folder, { ...snapshot, id: "counted" });
  const backup = proxy.frames;
  proxy.restart(Infinity);
  await using reader = await through();
  await restoreTree(reader, snapshot, `${folder}/counted`);
  return { backup, restore: proxy.frames };
}

Deno.test("a connection that falls silent is given up after the time-out", async () => {
  await withProxy(async ({ proxy, folder, direct, through }) => {
    const snapshot = { type: "host", id: "kept", time: 1_700_000_000 } as const;
    await backUp(direct, folder, snapshot);
    const frames = await countFrames(proxy, through, folder, snapshot);
    // How many frames a run takes depends a little on timing: stay away from its end.
    const shares = [0.05, 0.25, 0.5, 0.75];
    for (const share of shares) {
      const passed = Math.floor(share * frames.backup);
      proxy.restart(passed, "stall");
      await using repository = await through({ stallMs: STALL_MS, headMs: 10 * STALL_MS });
      const error = await assertRejects(
        () =>
          inTime(
            "backup",
            backUp(repository, folder, {
              type: "host",
              id: `quiet-${passed}`,
              time: 1_700_000_000,
            }),
          ),
        ConnectionError,
      );
      assert(/stalled|no answer/.test(error.message), error.message);
      const sent = Math.floor(share * frames.restore);
      proxy.restart(sent, "stall");
      await using reader = await through({ stallMs: STALL_MS, headMs: 10 * STALL_MS });
      await assertRejects(
        () => inTime("restore", restoreTree(reader, snapshot, `${folder}/silent-${sent}`)),
        ConnectionError,
      );
    }
  });
});

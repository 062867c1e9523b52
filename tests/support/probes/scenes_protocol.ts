import { setTimeout as delay } from "node:timers/promises";
import { chunkDigest, encodeBlob, writeBlobCrc } from "../../../lib/blob/mod.ts";
import { concatBytes, decodeHex, encodeHex } from "../../../lib/bytes/mod.ts";
import type { Upgraded } from "./probe_world.ts";
import { fixedChecksum, manifestBlob } from "./probe_world.ts";
import type { Scene, Stage } from "./probe_walker.ts";

const MIB4 = 4 << 20;
const T = 1700000000;
const text = (value: string) => new TextEncoder().encode(value);
/** The chunks of `disk.img.fidx` in groups `prev` and `rest`. */
const IMAGE = [new Uint8Array(MIB4), new Uint8Array(MIB4).fill(1), text("tail")];
const ABC = text("abc");

/** Begins a backup for the probes that follow, in place of the last one. */
export async function openBackup(
  stage: Stage,
  group: string,
  time: number,
  extra?: { extra?: string; as?: string },
): Promise<Upgraded> {
  await stage.world.close(stage.backup);
  return stage.backup = await stage.world.upgrade("backup", group, time, extra);
}

async function closeBackup(stage: Stage): Promise<void> {
  await stage.world.close(stage.backup);
  stage.backup = undefined;
}

/** Uploads a dynamic index of one chunk. */
async function oneChunkIndex(backup: Upgraded, wid: number): Promise<void> {
  const digest = await backup.chunk("dynamic", wid, ABC);
  await backup.ok("PUT", "/dynamic_index", {
    "wid": wid,
    "digest-list": [digest],
    "offset-list": [0],
  });
}

function withManifest(make: () => Promise<Uint8Array>): Scene {
  return async (stage) => {
    const backup = await openBackup(stage, "host/fin", T);
    await backup.blob("index.json.blob", await make());
  };
}

async function encryptedRubbish(): Promise<Uint8Array> {
  const blob = concatBytes([decodeHex("7b6785be222d4cf0"), new Uint8Array(4 + 32 + 20)]);
  writeBlobCrc(blob);
  return await Promise.resolve(blob);
}

const OTHER_MANIFEST = JSON.stringify({
  "backup-id": "other",
  "backup-time": 1600000000,
  "backup-type": "vm",
  "files": [
    { "crypt-mode": "none", "csum": "0".repeat(64), "filename": "none.didx", "size": 5 },
  ],
  "foo": 1,
  "unprotected": { "mine": 1 },
});

/** A finished snapshot with a dynamic index of 3 chunks, an image and a blob, as `full-backup` makes it. */
export async function fullSnapshot(stage: Stage, group: string, time: number): Promise<void> {
  const backup = await stage.world.upgrade("backup", group, time);
  await backup.ok("POST", "/dynamic_index?archive-name=root.pxar.didx");
  const { IndexChecksum } = await import("../../../lib/index/mod.ts");
  const dynamic = new IndexChecksum("dynamic");
  let offset = 0;
  for (const word of ["hello world, chunk one. ", "second chunk of root. ", "the third chunk!"]) {
    const plain = text(word.repeat(10));
    const digest = await backup.chunk("dynamic", 1, plain);
    await backup.ok("PUT", "/dynamic_index", {
      "wid": 1,
      "digest-list": [digest],
      "offset-list": [offset],
    });
    offset += plain.length;
    dynamic.add(offset, chunkDigest(plain));
    if (word.startsWith("hello")) {
      // The chunk that probes of the reader ask for.
      stage.digests.set("bf7d050941f9da66bb331cae10861cf45c6b7f373b602cf73307badfeb5a69b0", digest);
    }
  }
  const checksum = dynamic.digest();
  await backup.ok(
    "POST",
    `/dynamic_close?wid=1&chunk-count=3&size=${offset}&csum=${encodeHex(checksum)}`,
  );
  await backup.ok("POST", "/fixed_index?archive-name=disk.img.fidx&size=8388612");
  for (const [i, plain] of IMAGE.entries()) {
    const digest = await backup.chunk("fixed", 2, plain);
    await backup.ok("PUT", "/fixed_index", {
      "wid": 2,
      "digest-list": [digest],
      "offset-list": [i * MIB4],
    });
  }
  const image = fixedChecksum("disk.img.fidx", IMAGE);
  await backup.ok("POST", `/fixed_close?wid=2&chunk-count=3&size=8388612&csum=${encodeHex(image)}`);
  await backup.blob("app.conf.blob", await encodeBlob(text("app"), { compress: false }));
  await stage.world.finish(backup, group, time, [
    { filename: "root.pxar.didx", cryptMode: "none", size: offset, checksum },
    { filename: "disk.img.fidx", cryptMode: "none", size: 8388612, checksum: image },
  ]);
}

/** States of the probes of backup and reader protocol. */
export const PROTOCOL_SCENES: Readonly<Record<string, Scene>> = {
  "backup/root": async (stage) => void await openBackup(stage, "host/full", T),
  "backup/after-disconnect": closeBackup,
  "finish/nothing": async (stage) => void await openBackup(stage, "host/fin", T),
  "finish/no-manifest": async ({ backup }) =>
    await backup!.blob("x.blob", await encodeBlob(ABC, { compress: false })),
  "finish/encrypted-manifest": withManifest(encryptedRubbish),
  "finish/manifest-not-json": withManifest(() => encodeBlob(text("no json"), { compress: true })),
  "finish/manifest-empty-object": withManifest(() => encodeBlob(text("{}"), { compress: true })),
  "finish/manifest-of-other-snapshot": withManifest(() =>
    encodeBlob(text(OTHER_MANIFEST), { compress: true })
  ),
  "finish/listed": closeBackup,
  "csum/close-wrong-csum": async (stage) => {
    const backup = await openBackup(stage, "host/csum", T);
    await backup.ok("POST", "/dynamic_index?archive-name=a.didx");
    await oneChunkIndex(backup, 1);
  },
  "full-backup/index": async (stage) => void await openBackup(stage, "host/prev", T),
  "incremental/previous-time": async (stage) => {
    const backup = await openBackup(stage, "host/prev", T + 1000);
    await backup.ok("POST", "/dynamic_index?archive-name=root.pxar.didx");
  },
  "incremental/reuse-append": async ({ backup }) =>
    void await backup!.chunk("fixed", 3, new Uint8Array(MIB4).fill(7)),
  "incremental2/reuse-append-after-previous": async (stage) => {
    const backup = await openBackup(stage, "host/prev", T + 1000);
    await backup.ok("GET", "/previous?archive-name=disk.img.fidx");
    const csum = encodeHex(fixedChecksum("disk.img.fidx", IMAGE));
    await backup.ok(
      "POST",
      `/fixed_index?archive-name=disk.img.fidx&size=8388612&reuse-csum=${csum}`,
    );
  },
  "incremental2/finish": async ({ backup }) =>
    await backup!.blob("index.json.blob", await manifestBlob("host/prev", T + 1000, [])),
  "grow/close-empty": async (stage) => {
    const backup = await openBackup(stage, "host/grow", T);
    await backup.ok("POST", "/fixed_index?archive-name=e.fidx");
    await backup.ok("POST", "/fixed_index?archive-name=f.fidx");
    await backup.ok("POST", "/fixed_index?archive-name=h.fidx&size=8388608");
    await backup.ok("POST", "/fixed_index?archive-name=i.fidx");
    const zeros = await backup.chunk("fixed", 3, new Uint8Array(MIB4));
    await backup.chunk("fixed", 1, text("tiny"));
    stage.digests.set(
      "03fea59610463fe20cbcf1f9bd095393f57fd700cab83857441ffd7f569f66eb",
      await backup.chunk("fixed", 4, text("five!")),
    );
    await backup.ok("PUT", "/fixed_index", {
      "wid": 3,
      "digest-list": [zeros, zeros, zeros],
      "offset-list": [0, MIB4, 0],
    });
  },
  "many/writer-257": async (stage) => {
    const backup = await openBackup(stage, "host/many", T);
    for (let i = 1; i <= 256; i++) {
      await backup.ok("POST", `/dynamic_index?archive-name=n${i}.didx`);
    }
    await backup.chunk("dynamic", 1, ABC);
  },
  "big/chunk-16MiB-plain": async (stage) => {
    const backup = await openBackup(stage, "host/big", T);
    await backup.ok("POST", "/dynamic_index?archive-name=a.didx");
  },
  "grow/short-only-chunk": async (stage) => {
    const backup = await openBackup(stage, "host/grow2", T);
    await backup.ok("POST", "/fixed_index?archive-name=a.fidx");
  },
  "grow/dynamic-append-of-fixed-chunk": async ({ backup }) => {
    for (let i = 2; i < 14; i++) await backup!.ok("POST", `/fixed_index?archive-name=n${i}.fidx`);
    await backup!.ok("POST", "/dynamic_index?archive-name=d.didx");
    await backup!.ok("POST", "/fixed_index?archive-name=z.fidx");
    await backup!.chunk("dynamic", 13, new Uint8Array(1)).catch(() => {});
    await backup!.chunk("dynamic", 14, new Uint8Array(MIB4 + 1));
  },
  "abort/disconnect-in-upload": async (stage) => {
    const backup = await openBackup(stage, "host/cut", T);
    await backup.ok("POST", "/dynamic_index?archive-name=a.didx");
    uploadHalf(backup, new AbortController());
    // Time for the first half to arrive: a server says nothing about it.
    await delay(50);
    await closeBackup(stage);
  },
  "cut/after-rst": async (stage) => {
    const backup = await openBackup(stage, "host/cut", T);
    await backup.ok("POST", "/dynamic_index?archive-name=a.didx");
    const abort = new AbortController();
    const ended = uploadHalf(backup, abort);
    // As above.
    await delay(50);
    abort.abort();
    await ended;
  },
  "task/status-aborted": closeBackup,
  "upgrade/reader/ok": async (stage) => {
    await fullSnapshot(stage, "host/rest", T);
    await stage.world.snapshot("host/rest", T + 1000);
  },
  "reader/root": async (stage) => {
    stage.reader = await stage.world.upgrade("reader", "host/rest", T);
  },
  "reader/download-client-log": async (stage) => {
    await stage.world.call(
      "POST",
      `admin/datastore/audit-proto/upload-backup-log?backup-type=host&backup-id=rest&backup-time=${T}`,
      { as: "test@pbs", body: await encodeBlob(text("log"), { compress: false }) },
    );
  },
};

/** Starts an upload whose end never comes. */
function uploadHalf(backup: Upgraded, abort: AbortController): Promise<unknown> {
  const digest = "0".repeat(64);
  return backup.client.request({
    method: "POST",
    path: `/dynamic_chunk?wid=1&digest=${digest}&size=1000&encoded-size=1000`,
    body: (async function* () {
      yield new Uint8Array(500);
      await new Promise((resolve) => abort.signal.addEventListener("abort", resolve));
    })(),
    signal: abort.signal,
  }).catch(() => {});
}

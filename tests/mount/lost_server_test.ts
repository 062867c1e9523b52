import { assertEquals } from "@std/assert";
import { setTimeout as delay } from "node:timers/promises";
import { MountedArchive } from "../support/mounted_archive.ts";
import { ownLoopback } from "../support/own_loopback.ts";
import { runClientOk } from "../support/run_client.ts";
import { runPeer } from "../support/run_peer.ts";
import { ServerProcess } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testWithPeers } from "../support/with_peers.ts";

/** Bytes that the reader gets before the server is killed; far from all, and no end of a chunk. */
const READ_BEFORE = 3_000_000;

testWithPeers(
  "a long read goes on when the server is killed and started again",
  ["openssl", "fusermount3", "cmp"],
  async () => {
    await using dir = await TempDir.make("/dev/shm");
    const [source, folder] = [`${dir.path}/source`, `${dir.path}/mounted`];
    await Deno.mkdir(source);
    await Deno.mkdir(folder);
    const script = "openssl enc -aes-128-ctr -nosalt -k 2 -pbkdf2 < /dev/zero 2>/dev/null " +
      `| head -c 24000000 > ${source}/large`;
    await runPeer("bash", ["-c", script]);
    await using first = await ServerProcess.start({ dir, listen: `${ownLoopback()}:0` });
    const env = first.clientEnvironment;
    await runClientOk(["backup", `root.pxar:${source}`, "--backup-id", "a"], { env });
    await using mounted = await MountedArchive.at(folder, ["host/a", "root.pxar"], { env });
    using file = await Deno.open(`${mounted.path}/large`);
    const copy = await Deno.create(`${dir.path}/copy`);
    let length = 0;
    const buffer = new Uint8Array(100_000);
    const readUntil = async (end: number) => {
      while (length < end) {
        const read = await file.read(buffer);
        if (read === null) return;
        await copy.write(buffer.subarray(0, read));
        length += read;
      }
    };
    await readUntil(READ_BEFORE);
    await first.end("SIGKILL");
    const rest = readUntil(Infinity);
    await delay(1500);
    await using _second = await ServerProcess.start({ dir, listen: first.address });
    await rest;
    copy.close();
    assertEquals(length, 24_000_000);
    await runPeer("cmp", [`${source}/large`, `${dir.path}/copy`]);
  },
);

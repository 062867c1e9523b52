import { assertEquals, assertRejects } from "@std/assert";
import { closeFile, openFile, OpenFlag } from "../../ffi/posix_files.ts";
import { concatBytes } from "../../lib/bytes/mod.ts";
import { extractPlace } from "../../lib/guest/_extract_place.ts";
import { type GuestFormat, GuestPath } from "../../lib/guest/mod.ts";
import { FAULTY_MOUNT_PEERS, FaultyMount } from "../support/faulty_mount.ts";
import { runPeer } from "../support/run_peer.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testWithPeers } from "../support/with_peers.ts";

const EIO = 5;
const GOOD = new Uint8Array(300_000).map((_, i) => i);
const text = (line: string) => new TextEncoder().encode(line);

/** All bytes of an extraction up to where it fails, what it then throws, and what it said meanwhile. */
async function extract(folder: string, format: GuestFormat) {
  const root = openFile(`${folder}/raw`, OpenFlag.DIRECTORY);
  const path = GuestPath.parse(text(`a.img.fidx/raw${format === "plain" ? "/bad" : ""}`));
  const place = { root, folder, path, names: path.components.slice(2) };
  const said: string[] = [];
  const pieces: Uint8Array[] = [];
  let failure: unknown;
  try {
    const log = (line: string) => void said.push(line);
    await using extracted = await extractPlace(place, { format, zstd: false, log });
    for await (const piece of extracted.content) pieces.push(piece);
  } catch (error) {
    failure = error;
  } finally {
    closeFile(root);
  }
  return { bytes: concatBytes(pieces), failure: (failure as Error)?.message, said };
}

testWithPeers(
  "a file that a disk does not give costs itself in tar and pxar, and its end is no good one",
  [...FAULTY_MOUNT_PEERS, "tar", "cmp"],
  async () => {
    await using dir = await TempDir.make();
    const folder = `${dir.path}/volume`;
    await Deno.mkdir(`${folder}/raw`, { recursive: true });
    for (const name of ["a", "bad", "z"]) await Deno.writeFile(`${folder}/raw/${name}`, GOOD);
    const read = { op: "read", path: "/bad", errno: EIO, from: 131_072, to: 300_000 } as const;
    await using _mount = await FaultyMount.over(`${folder}/raw`, [read]);
    const message = /^cannot read "[^"]*bad" at \d+ of 300000 bytes: Input\/output error$/;

    const plain = await extract(folder, "plain");
    assertEquals(message.test(plain.failure), true, plain.failure);
    assertEquals(plain.bytes, GOOD.subarray(0, plain.bytes.length));

    const tar = await extract(folder, "tar");
    assertEquals([message.test(tar.failure), tar.said], [true, [tar.failure]]);
    await Deno.writeFile(`${dir.path}/tree.tar`, tar.bytes);
    await Deno.mkdir(`${dir.path}/tar`);
    // Whoever reads it is told, too.
    const untar = ["-xf", `${dir.path}/tree.tar`, "-C", `${dir.path}/tar`];
    await assertRejects(() => runPeer("tar", untar));
    for (const name of ["a", "z"]) {
      await runPeer("cmp", [`${folder}/raw/${name}`, `${dir.path}/tar/raw/${name}`]);
    }

    const pxar = await extract(folder, "pxar");
    assertEquals([message.test(pxar.failure), pxar.said], [true, [pxar.failure]]);
    // The archive itself is whole, with zeros for what is missing.
    const zeros = pxar.bytes.length - 3 * GOOD.length;
    assertEquals(zeros > 0 && zeros < 2000, true);

    const zip = await extract(folder, "zip");
    assertEquals(message.test(zip.failure), true, zip.failure);
  },
);

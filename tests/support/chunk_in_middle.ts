import { encodeHex } from "../../lib/bytes/mod.ts";
import { readIndex } from "../../lib/datastore/mod.ts";
import { runPeer } from "./run_peer.ts";

/**
 * The chunk file in the middle of an archive, which what opens the archive does not read.
 *
 * @param archive Its name on the server; only one snapshot of the datastore has it.
 * @returns The path.
 */
export async function chunkInMiddle(store: string, archive: string): Promise<string> {
  const path = (await runPeer("find", [store, "-name", archive])).trim();
  const index = readIndex(await Deno.readFile(path), archive);
  const digest = encodeHex(index.digestAt(index.chunkCount >> 1));
  return `${store}/.chunks/${digest.slice(0, 4)}/${digest}`;
}

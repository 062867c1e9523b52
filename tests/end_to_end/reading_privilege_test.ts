import { assertEquals, assertNotEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { assertOk } from "../support/assert_run.ts";
import { TREE_PEERS } from "../support/compare_trees.ts";
import { type ClientRun, runClientOk } from "../support/run_client.ts";
import { runPeer } from "../support/run_peer.ts";
import { UnprivilegedClient } from "../support/unprivileged_client.ts";
import { testWithPeers } from "../support/with_peers.ts";

const museum = fromFileUrl(new URL("../support/museum.py", import.meta.url));
const TIME = 1_700_000_000;

testWithPeers(
  "a user who may only read everything backs up what root does, but for trusted attributes",
  [
    ...TREE_PEERS,
    "python3",
    "setfattr",
    "setpriv",
  ],
  async () => {
    await using client = await UnprivilegedClient.make();
    const source = `${client.dir.path}/museum`;
    await runPeer("python3", [museum, source]);
    await Deno.mkdir(`${source}/closed`, { mode: 0o700 });
    await Deno.writeTextFile(`${source}/closed/key`, "for root only", { mode: 0o600 });
    const args = (id: string) => {
      const at = ["--repository", `${client.memory.path}/${id}`, "--init", "--backup-id", "same"];
      return ["backup", `tree.pxar:${source}`, "--backup-time", `${TIME}`, ...at];
    };
    const digest = async (id: string) => {
      const folder = `${client.memory.path}/${id}/host/same/2023-11-14T22:13:20Z`;
      const index = await Deno.readFile(`${folder}/tree.pxar.didx`);
      // Behind the header, which has a number and a time of its own.
      return new Uint8Array(await crypto.subtle.digest("SHA-256", index.subarray(4096))).toHex();
    };
    const asReader = async (id: string): Promise<string> => {
      const run = assertOk(await client.runAs(client.command(args(id)), "dac_read_search"));
      assertEquals(unreadable(run), [], run.stderr);
      return await digest(id);
    };
    await runClientOk(args("root"));
    const withTrusted = await digest("root");
    assertNotEquals(await asReader("reader"), withTrusted);

    // These take CAP_SYS_ADMIN: without it the kernel does not even tell their names.
    const dump = ["-R", "-h", "--absolute-names", "-m", "^trusted\\.", "-d", source];
    const found = (await runPeer("getfattr", dump)).matchAll(
      /^# file: (.*)\n((?:trusted\..*\n)+)/gm,
    );
    let removed = 0;
    for (const [, path, attributes] of found) {
      for (const name of attributes!.matchAll(/^(trusted\.[^=\n]*)/gm)) {
        await runPeer("setfattr", ["-h", "-x", name[1]!, path!]);
        removed++;
      }
    }
    assertEquals(removed > 0, true);
    await runClientOk(args("root-again"));
    assertEquals(await asReader("reader-again"), await digest("root-again"));

    // Without the privilege it would not be read.
    assertEquals((await client.runAs(["cat", `${source}/closed/key`])).code, 1);
  },
);

/** What a run could not read. */
function unreadable({ stderr }: ClientRun): string[] {
  return stderr.split("\n").filter((line) => /access denied|not permitted/.test(line));
}

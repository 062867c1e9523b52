import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { FingerprintCache, TicketCache } from "../../lib/remote/mod.ts";
import { runsOf } from "../support/cli_run_census.ts";
import { otherFingerprint } from "../support/other_fingerprint.ts";
import { RemotePeer } from "../support/remote_peer.ts";
import { clientCommand } from "../support/run_client.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testWithPeers } from "../support/with_peers.ts";

const PASSWORD = "the password";
const TICKET = "PBS:test@pbs:65A1B2C3::c2lnbmF0dXJl";
const driver = fromFileUrl(new URL("../support/run_on_terminal.py", import.meta.url));

const runs = runsOf("questions");

/** A transcript without what is ours to word: the reasons of a failure. */
function essence(transcript: string): string {
  return transcript.replace(/^Hint: .*\r\n/m, "").replace(
    /^certificate validation failed.*\r\n/m,
    "",
  )
    .replace(/Error: .*\r\n/, "Error\r\n").replace(/\r\nCaused by[^]*$/, "");
}

testWithPeers(
  "questions on a terminal look and work as in the recorded runs",
  ["python3"],
  async (test) => {
    await using peer = await RemotePeer.start(({ parameters }) => {
      const isRight = parameters["password"] === PASSWORD || parameters["password"] === TICKET;
      if (!isRight) return { status: 401, text: "permission check failed." };
      return { data: { username: "test@pbs", ticket: TICKET, CSRFPreventionToken: "t" } };
    });
    for (const run of runs) {
      await using dir = await TempDir.make();
      const runtime = `${dir.path}/run`;
      for (const [path, mode] of [[runtime, 0o700], [`${runtime}2`, 0o755]] as const) {
        await Deno.mkdir(path);
        await Deno.chmod(path, mode);
      }
      const { fingerprint } = peer;
      const mismatch = otherFingerprint(fingerprint);
      const cachePath = `${dir.path}/proxmox-backup/fingerprints`;
      if (run.name === "tty-login-with-cached-ticket") {
        const timestamp = Math.floor(Date.now() / 1000);
        const ticket = { timestamp, ticket: TICKET, token: "t" };
        new TicketCache(runtime).store("127.0.0.1", "test@pbs", ticket);
      }
      if (run.name === "tty-fingerprint-cached-mismatch") {
        new FingerprintCache(cachePath).store("127.0.0.1", mismatch);
      }
      const places: [string, string][] = [
        // The record does not tell where the Tab was typed; two stars were shown before it.
        ["<PASSWORD, TAB INSIDE>", `${PASSWORD.slice(0, 2)}\t${PASSWORD.slice(2)}`],
        ["<PASSWORD>", PASSWORD],
        ["127.0.0.1:8007", `127.0.0.1:${peer.port}`],
        ["00<REST-OF-FINGERPRINT>", mismatch],
        ["<REST-OF-FINGERPRINT>", fingerprint.slice(2)],
        ["<FINGERPRINT>", fingerprint],
        ["<RUNTIME>", runtime],
      ];
      const put = (text: string) =>
        places.reduce((all, [name, value]) => all.replaceAll(name, value), text);
      const environment: Record<string, string | null> = {
        PBS_REPOSITORY: "test@pbs@127.0.0.1:8007:audit-cli",
        PBS_PASSWORD: PASSWORD,
        PBS_FINGERPRINT: fingerprint,
        XDG_RUNTIME_DIR: runtime,
        XDG_CONFIG_HOME: dir.path,
        ...run.env,
      };
      const words = Object.entries(environment).flatMap(([name, value]) =>
        value === null ? ["-u", name] : [`${name}=${put(value)}`]
      ).sort((a, b) => Number(a.includes("=")) - Number(b.includes("=")));
      const unset = words.filter((word) => !word.includes("=") && word !== "-u");
      const set = words.filter((word) => word.includes("="));
      // Each line is an answer of its own.
      const typed = put(run.stdin ?? "").match(/[^\r]*\r|[^\r]+$/g) ?? [];
      const { code, stdout } = await new Deno.Command("python3", {
        args: [
          driver,
          JSON.stringify(typed),
          "env",
          ...unset.flatMap((name) => ["-u", name]),
          ...set,
          ...clientCommand(run.argv.map(put)),
        ],
        stdin: "null",
        stderr: "inherit",
      }).output();
      const transcript = new TextDecoder().decode(stdout);
      const stars = "*".repeat(PASSWORD.length);
      const recorded = put(run.stdout).replace(/\*{12}/, stars);
      assertEquals(essence(transcript), essence(recorded), run.name);
      assertEquals(code, Number(run.exit_code), run.name);
      assert(!transcript.includes(PASSWORD), run.name);
    }
    await test.step(`${runs.length} recorded runs`, () => assert(runs.length >= 12));
  },
);

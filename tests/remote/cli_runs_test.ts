import { assert, assertEquals } from "@std/assert";
import { VERSION } from "../../cli/version.ts";
import { TicketCache } from "../../lib/remote/mod.ts";
import { runsOf } from "../support/cli_run_census.ts";
import type { RecordedRun } from "../support/cli_vectors.ts";
import { otherFingerprint } from "../support/other_fingerprint.ts";
import { type ReceivedRequest, RemotePeer } from "../support/remote_peer.ts";
import { runClient } from "../support/run_client.ts";
import { TempDir } from "../support/temp_dir.ts";
import { withoutHint } from "../support/without_hint.ts";

const PASSWORD = "the password";
const TICKET = "PBS:test@pbs:65A1B2C3::c2lnbmF0dXJl";
const RECORDED_SERVER = "127.0.0.1:8007";
const CREDENTIALS = "proxmox-backup-client";

/** Runs that end differently on purpose. */
const KEPT_DIFFERENCES: Readonly<Record<string, string>> = {
  "fp-nocolons": "a fingerprint needs no colons",
  "cred-password-newline": "a line end does not belong to a password",
  "cred-repository-newline": "a line end does not belong to a repository",
  "fp-empty": "an empty variable is an unset one",
  "proxy-lower": "HTTPS_PROXY and lower case count",
  "cred-fingerprint-newline": "a line end does not belong to a fingerprint",
};

const runs = runsOf("logins");

/** What the recorded server would have said. */
function answer({ path, parameters }: ReceivedRequest) {
  if (path === "/access/ticket") {
    const { username, password } = parameters;
    const isRight = username === "test@pbs" && (password === PASSWORD || password === TICKET);
    if (!isRight) return { status: 401, text: "permission check failed." };
    return { data: { username, ticket: TICKET, CSRFPreventionToken: "t" } };
  }
  if (path === "/version") return { data: { version: "4.2", release: "3", repoid: "<REPOID>" } };
  if (path.endsWith("/identity")) return { data: { "pbs-instance-id": "<INSTANCE-ID>" } };
  return { data: [] };
}

/** The files that the records tell of. */
async function prepare(folder: string, fingerprint: string, repository: string): Promise<void> {
  await Deno.mkdir(`${folder}/work/cred`, { recursive: true });
  for (const name of ["runtime", "runtime2", "config"]) await Deno.mkdir(`${folder}/${name}`);
  await Deno.chmod(`${folder}/runtime`, 0o700);
  const files: Record<string, string> = {
    "work/pw": `${PASSWORD}\nsecond\n`,
    "work/pwcr": `${PASSWORD}\r\n`,
    "work/pwcr2": `${PASSWORD}\r`,
    "work/pwsp": `${PASSWORD} \n`,
    "work/pwe": "",
    "work/fp": `${fingerprint}\n`,
    "work/repo": `${repository}\n`,
  };
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(`${folder}/${name}`, text);
  }
  await Deno.writeFile(`${folder}/work/pwn`, Uint8Array.of(0xff, 0xfe));
}

/** What a run's credentials are, and which fingerprint is remembered. */
async function prepareRun(folder: string, name: string, peer: RemotePeer): Promise<void> {
  const write = (file: string, bytes: string | Uint8Array) =>
    Deno.writeFile(
      `${folder}/work/cred/${CREDENTIALS}.${file}`,
      typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes,
    );
  const is = (what: string) => name === `cred-${what}` ? "\n" : "";
  await write("password", PASSWORD + is("password-newline"));
  if (name === "cred-password-nonutf8") await write("password", Uint8Array.of(0xff));
  await write("fingerprint", peer.fingerprint + is("fingerprint-newline"));
  const repository = `test@pbs@127.0.0.1:${peer.port}:audit-cli`;
  await write("repository", repository + is("repository-newline"));
  if (name === "logout") {
    const timestamp = Math.floor(Date.now() / 1000);
    new TicketCache(`${folder}/runtime`).store("127.0.0.1", "test@pbs", {
      timestamp,
      ticket: TICKET,
      token: "t",
    });
  }
  const path = `${folder}/config/proxmox-backup/fingerprints`;
  await Deno.remove(path).catch(() => {});
  if (!name.startsWith("fingerprint-cached")) return;
  await Deno.mkdir(`${folder}/config/proxmox-backup`, { recursive: true });
  const known = name.endsWith("mismatch") ? otherFingerprint(peer.fingerprint) : peer.fingerprint;
  await Deno.writeTextFile(path, `127.0.0.1 ${known}\n`);
}

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs what was recorded. Tickets of earlier runs count only where the record says so. */
async function replay(run: RecordedRun, folder: string, peer: RemotePeer): Promise<Ended> {
  await prepareRun(folder, run.name, peer);
  if (!run.name.startsWith("log")) {
    await Deno.remove(`${folder}/runtime/proxmox-backup`, { recursive: true }).catch(() => {});
  }
  const { fingerprint } = peer;
  const places: [string, string][] = [
    [RECORDED_SERVER, `127.0.0.1:${peer.port}`],
    ["<PASSWORD>", PASSWORD],
    ["<TOKEN-SECRET>", "a secret"],
    ["<FINGERPRINT-UPPER>", fingerprint.toUpperCase()],
    ["<FINGERPRINT-WITHOUT-COLONS>", fingerprint.replaceAll(":", "")],
    ["00<REST-OF-FINGERPRINT>", otherFingerprint(fingerprint)],
    ["<REST-OF-FINGERPRINT>", fingerprint.slice(2)],
    ["<FINGERPRINT>", fingerprint],
    ["<RUNTIME>", `${folder}/runtime`],
    ["<WORK>", `${folder}/work`],
  ];
  const put = (text: string) => places.reduce((all, [name, by]) => all.replaceAll(name, by), text);
  const variables: Record<string, string | null> = {
    PBS_REPOSITORY: "test@pbs@127.0.0.1:8007:audit-cli",
    PBS_PASSWORD: PASSWORD,
    PBS_FINGERPRINT: fingerprint,
    XDG_RUNTIME_DIR: "<RUNTIME>",
    XDG_CONFIG_HOME: `${folder}/config`,
    ...run.env,
  };
  const env = Object.entries(variables).flatMap(([name, value]) =>
    value === null ? [] : [[name, put(value)] as const]
  );
  const unset = Object.entries(variables).filter(([, value]) => value === null);
  const { code, stdout, stderr } = await runClient(run.argv.map(put), {
    env: Object.fromEntries(env),
    under: ["env", ...unset.flatMap(([name]) => ["-u", name])],
    ...(run.stdin === null ? {} : { stdin: new TextEncoder().encode(put(run.stdin)) }),
  });
  const back = (text: string) => places.reduce((all, [name, by]) => all.replaceAll(by, name), text);
  return { code, stdout: back(stdout), stderr: back(stderr) };
}

/** Results and messages, but not the wording of the last line of a failure. */
function essence({ code, stdout, stderr }: Ended): unknown {
  const lines = withoutHint(stderr).split("\n").filter((line) => line !== "")
    // Which words of the connection's end there are is not for scripts.
    .filter((line) => !line.startsWith("certificate validation failed"))
    .map((line) => line.replace(/^(could not connect to server) - .*/, "$1"));
  const isBuilding = lines.at(-1)?.startsWith("Error: error building client for repository");
  const messages = code === 0
    ? lines
    : lines.filter((line) => !line.startsWith("Error: ") && !/^(Caused by|Try )|^ {4}/.test(line));
  return {
    code,
    stdout: stdout.replace("client version: 4.2.3", `client version: ${VERSION}`)
      .replace(/"client": ?\{[^}]*\}/, "CLIENT"),
    messages,
    ...(code === 0 ? {} : { isBuilding }),
  };
}

Deno.test("recorded runs about logins, certificates and proxies end alike", async (test) => {
  await using dir = await TempDir.make();
  await using peer = await RemotePeer.start(answer);
  await prepare(dir.path, peer.fingerprint, `test@pbs@127.0.0.1:${peer.port}:audit-cli`);
  const agreeing: string[] = [];
  const different: string[] = [];
  for (const run of runs) {
    const ended = await replay(run, dir.path, peer);
    if (run.exit_code === 101) {
      // The official client crashes here: ours says what is wrong.
      assertEquals([ended.code, ended.stderr.startsWith("Error: ")], [255, true], run.name);
      continue;
    }
    const recorded = {
      code: Number(run.exit_code),
      // Lists of snapshots are those of another server.
      stdout: run.stdout.startsWith("[{") ? "[]\n" : run.stdout,
      stderr: run.stderr!,
    };
    if (JSON.stringify(essence(ended)) === JSON.stringify(essence(recorded))) {
      agreeing.push(run.name);
    } else {
      different.push(run.name);
      const same = run.name in KEPT_DIFFERENCES;
      if (!same) assertEquals(essence(ended), essence(recorded), `run ${run.name}`);
    }
    for (const secret of [PASSWORD, "a secret", TICKET]) {
      assert(!ended.stderr.includes(secret) && !ended.stdout.includes(secret), run.name);
    }
  }
  // A difference that is gone must leave the list.
  assertEquals(different.toSorted(), Object.keys(KEPT_DIFFERENCES).toSorted());
  await test.step(`${agreeing.length} agree, ${different.length} differ on purpose`, () => {
    assert(agreeing.length >= 60);
  });
});

import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { runInProcess } from "../support/cli_in_process.ts";
import { Scratch } from "../support/cli_scratch.ts";
import { runsOf } from "../support/cli_run_census.ts";
import type { RecordedRun } from "../support/cli_vectors.ts";
import { clientCommand } from "../support/run_client.ts";
import { testWithPeers } from "../support/with_peers.ts";
import { withoutHint } from "../support/without_hint.ts";

const driver = fromFileUrl(new URL("../support/run_on_terminal.py", import.meta.url));

/** Where the runtime keeps its modules, whatever the home folder is. */
const { HOME, XDG_CACHE_HOME } = Deno.env.toObject();
const DENO_DIR = Deno.env.get("DENO_DIR") ?? `${XDG_CACHE_HOME ?? `${HOME}/.cache`}/deno`;

/** Recorded runs that we end differently on purpose; docs/commands.md says why. */
const KEPT_DIFFERENCES: Readonly<Record<string, string>> = {
  "restore-keyfile-unneeded": "warns that the snapshot is not signed",
  "restore-plain-with-default-key": "warns that the snapshot is not signed",
  "restore-plain-with-default-key-pxar": "warns that the snapshot is not signed",
  "crypt-key-master-bad": "wording of the reason",
  "crypt-keyfile-bad": "wording of the reason",
  "key-show-bad": "wording of the reason",
  "uplog-unknown-snap": "wording of the reason",
  "master-import-private": "a private key is refused, not opened",
  "rsa-import-none-pipe-newline-2": "the line end is no part of the passphrase",
  "rsa-import-scrypt-pipe-2": "the line end is no part of the passphrase",
  "paperkey-html": "the subject is text, not markup",
  "paperkey-no-qrencode": "needs no other program",
  "key-create-no-tty-env": "the environment's passphrase is used where nobody can be asked",
};

const runs = runsOf("keys");

/** Runs off the terminal whose standard input and output, descriptors or folder matter. */
function needsProcess({ name, argv, stdin, stderr }: RecordedRun): boolean {
  return stdin !== null || argv[0] === "restore" && argv.includes("-") ||
    /no tty|no password input/.test(stderr ?? "") ||
    /keyfd$|masterfd$|-relative$|^rsa-import/.test(name);
}

/** What a shell opens as descriptor 3. */
const DESCRIPTORS: Readonly<Record<string, string>> = {
  "crypt-keyfd": "<WORK>/k.json",
  "crypt-masterfd": "<WORK>/mp.pem",
};

/** The folder of a run, if it is not `<OUT>`. */
const FOLDERS: Readonly<Record<string, string>> = {
  "tty-master-create": "<WORK>/keys/m",
  "master-show-relative": "<WORK>/keys/m",
};

/** What was done before a run. */
const PREPARATIONS: Readonly<Record<string, (world: KeyWorld) => Promise<void>>> = {
  "crypt-default": (world) => world.install("k.json", "encryption-key.json"),
  "crypt-default-master-default": (world) => world.install("mp.pem", "master-public.pem"),
  "restore-rsa-key-nokey": (world) => world.clearHome(),
  "rsa-backup": (world) => world.clearHome(),
  "paperkey-text": (world) => world.clearHome(),
  // The run before it has made a key, unlike the recorded one.
  "key-create-pipe": (world) => world.remove("keys/s.key"),
};

/** Scratch files, and the datastore that stands for the recorded server. */
class KeyWorld {
  constructor(readonly scratch: Scratch) {}

  static async create(scratch: Scratch): Promise<KeyWorld> {
    const world = new KeyWorld(scratch);
    const { folder } = scratch;
    await Deno.mkdir(`${folder}/work/keys/m`, { recursive: true });
    await Deno.mkdir(`${folder}/work/xdgd/proxmox-backup`, { recursive: true });
    await Deno.copyFile(
      `${folder}/work/k.json`,
      `${folder}/work/xdgd/proxmox-backup/encryption-key.json`,
    );
    await Deno.writeTextFile(`${folder}/work/encpw`, "correct horse\n");
    await Deno.writeTextFile(
      `${folder}/work/cred/proxmox-backup-client.encryption-password`,
      "correct horse",
    );
    for (const [id, time] of [["h1", 1700003600], ["h2", 1700000000], ["h3", 1700000000]]) {
      const argv = ["backup", "root.pxar:<TREE>", "c.conf:<TREE>/etc/c.conf", "--init"];
      const { code, stderr } = await world.#inProcess(
        [...argv, "--backup-id", String(id), "--backup-time", String(time)],
        {},
      );
      assertEquals(code, 0, stderr);
    }
    return world;
  }

  /** Makes a key of the scratch files a default one. */
  async install(key: string, name: string): Promise<void> {
    const folder = `${this.scratch.folder}/home/.config/proxmox-backup`;
    await Deno.mkdir(folder, { recursive: true });
    await Deno.copyFile(`${this.scratch.folder}/work/${key}`, `${folder}/${name}`);
  }

  /** Removes a scratch file. */
  async remove(name: string): Promise<void> {
    await Deno.remove(`${this.scratch.folder}/work/${name}`);
  }

  /** Removes the default keys. */
  async clearHome(): Promise<void> {
    await Deno.remove(`${this.scratch.folder}/home/.config`, { recursive: true });
  }

  /** Runs a command line as it was recorded. A terminal has one stream only. */
  async replay(run: RecordedRun): Promise<{ code: number; stdout: string; stderr: string | null }> {
    await PREPARATIONS[run.name]?.(this);
    if (run.tty) return await this.#onTerminal(run);
    if (needsProcess(run)) return await this.#asProcess(run);
    return await this.#inProcess(run.argv, run.env);
  }

  #environment(env: RecordedRun["env"]): Record<string, string> {
    const all = {
      PBS_REPOSITORY: `${this.scratch.folder}/store`,
      HOME: "<HOME>",
      DENO_DIR,
      LANG: "C.UTF-8",
      TZ: "UTC",
      ...env,
    };
    return Object.fromEntries(
      Object.entries(all).filter(([name, value]) => value !== null && name !== "PATH")
        .map(([name, value]) => [name, this.scratch.withPaths(value!)]),
    );
  }

  async #inProcess(argv: readonly string[], env: RecordedRun["env"]) {
    const words = argv.map((word) => this.scratch.withPaths(word));
    return await runInProcess(words, this.#environment(env));
  }

  #command(run: RecordedRun): string[] {
    return clientCommand(run.argv.map((word) => this.scratch.withPaths(word)));
  }

  async #asProcess(run: RecordedRun) {
    const descriptor = DESCRIPTORS[run.name];
    const script = descriptor === undefined ? '"$@"' : `"$@" 3<${descriptor}`;
    const child = new Deno.Command("bash", {
      args: ["-c", this.scratch.withPaths(script), "bash", ...this.#command(run)],
      cwd: this.#folder(run),
      env: this.#environment(run.env),
      stdin: run.stdin === null ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    if (run.stdin !== null) {
      const writer = child.stdin.getWriter();
      await writer.write(new TextEncoder().encode(run.stdin)).catch(() => {});
      await writer.close().catch(() => {});
    }
    const { code, stdout, stderr } = await child.output();
    const text = new TextDecoder().decode(stdout);
    return {
      code,
      stdout: text.includes("\ufffd") ? `<${stdout.byteLength} bytes>` : text,
      stderr: new TextDecoder().decode(stderr),
    };
  }

  async #onTerminal(run: RecordedRun) {
    const typed = run.stdin?.match(/[^\r]*\r|[^\r]+$/g) ?? [];
    const { code, stdout } = await new Deno.Command("python3", {
      args: [driver, JSON.stringify(typed), ...this.#command(run)],
      cwd: this.#folder(run),
      env: this.#environment(run.env),
      stdin: "null",
      stderr: "inherit",
    }).output();
    return { code, stdout: new TextDecoder().decode(stdout), stderr: null };
  }

  #folder({ name }: RecordedRun): string {
    return this.scratch.withPaths(FOLDERS[name] ?? "<OUT>");
  }
}

/** Whether the keys that a run shows were made by an earlier run: they differ each time. */
function showsNewKeys({ argv }: RecordedRun): boolean {
  return argv[0] === "key" || argv.some((word) => word.includes("/keys/"));
}

/** An output without what differs from run to run, and without what is ours to word. */
function essence(text: string, run: RecordedRun, scratch: Scratch): string {
  const common = scratch.withPlaceholders(withoutHint(text))
    .replaceAll("\r\n", "\n")
    // deno-lint-ignore no-control-regex -- the live line of a terminal
    .replace(/\r\x1b\[K[^\r\n]*B\/s, new [^\r\n]*/g, "").replaceAll("\r\x1b[K", "")
    .replace(/^Summary: .*\n/m, "")
    .replace(/^(Client name|Starting backup protocol|Duration|End Time): .*/gm, "$1")
    .replace(/^Starting backup: host\/kk\/.*/m, "Starting backup")
    .replace(/ to '[^']*' as /g, " to '<REPOSITORY>' as ")
    .replace(/\(compressed .*/g, "").replace(/(processed in) .*/g, "$1")
    .replace(/Usage:[^]*$/, "Usage: <USAGE>\n")
    .replace(/((?:wrong password\?\)|using RSA|private key|PEM data|as KeyConfig) - ).*/g, "$1")
    .replace(/^[▀▄█ ]+$(\n^[▀▄█ ]+$)*/gm, "<QR-CODE-LINES>")
    .replace(/<style.*?<\/style>/s, '<style type="text/css"><STYLE></style>')
    .replace(/base64,[^"]*"/g, 'base64,<QR-SVG>"');
  if (!showsNewKeys(run)) return common;
  return common.replace(/(?:[0-9a-f]{2}:){7}(?:[0-9a-f]{2}:?)+/g, "<FINGERPRINT>")
    .replace(/[0-9A-F]{512,}/g, "<MODULUS-HEX>")
    .replace(/("(?:created|modified)":)\s*(?:\d+|"[^"]*")/g, "$1<TIME>")
    .replace(/\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}/g, "<TIME>")
    .replace(/("(?:salt|data)": )"[^"]*"/g, "$1<BYTES>")
    .replace(/^( ?\d+: )[\w+/=]+$/gm, "$1<BYTES>")
    .replace(/ +/g, " ").replace(/─+/g, "─").replace(/═+/g, "═");
}

testWithPeers(
  "recorded runs about keys end alike",
  ["python3"],
  async (test) => {
    await using scratch = await Scratch.create();
    const world = await KeyWorld.create(scratch);
    const different: string[] = [];
    for (const run of runs) {
      const outcome = await world.replay(run);
      const shown = (text: string | null) => text && essence(text, run, scratch);
      // Long records were cut.
      const recorded = shown(run.stdout)!.replace(/\n?<CUT [^]*/, "");
      const isCut = recorded !== shown(run.stdout);
      const stdout = shown(outcome.stdout)!.slice(0, isCut ? recorded.length : undefined);
      const actual = [outcome.code, stdout, shown(outcome.stderr)];
      const expected = [run.exit_code, recorded, shown(run.stderr)];
      if (JSON.stringify(actual) === JSON.stringify(expected)) continue;
      different.push(run.name);
      if (!(run.name in KEPT_DIFFERENCES)) {
        assertEquals(actual, expected, `run ${run.name}: ${run.argv.join(" ")}`);
      }
    }
    // A difference that is gone must leave the list.
    assertEquals(different.toSorted(), Object.keys(KEPT_DIFFERENCES).toSorted());
    const agreeing = runs.length - different.length;
    await test.step(`${agreeing} of ${runs.length} agree, ${different.length} differ on purpose`, () => {});
  },
);

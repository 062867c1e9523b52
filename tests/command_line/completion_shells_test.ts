import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { Datastore, LocalRepository } from "../../lib/datastore/mod.ts";
import { clientCommand, runClientOk } from "../support/run_client.ts";
import { storeArchives } from "../support/store_archives.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testWithPeers } from "../support/with_peers.ts";

const SNAPSHOT = "host/elsa/2023-11-14T22:13:20Z";

/** A datastore to complete from, the three scripts, and a program that shows how it was called. */
class Workplace implements AsyncDisposable {
  private constructor(readonly folder: TempDir, readonly env: Record<string, string>) {}

  static async make(): Promise<Workplace> {
    const folder = await TempDir.make("/dev/shm");
    const { path } = folder;
    const datastore = Datastore.create(`${path}/store`, {
      chunkFoldersOnDemand: true,
      syncLevel: "none",
    });
    await using repository = new LocalRepository(datastore);
    const streams = { "home.pxar.didx": { bytes: new Uint8Array(2048) } };
    await storeArchives(repository, streams);
    await storeArchives(repository, streams, { type: "vm", id: "100", time: 1_700_000_000 });
    await repository.writeNotes("", { type: "vm", id: "100", time: 1_700_000_000 }, "mail\nserver");
    await repository.createNamespace("branch");
    await repository.createNamespace("branch/two");
    await Deno.mkdir(`${path}/my files`);
    await Deno.writeTextFile(`${path}/my files/old key`, "");
    await Deno.mkdir(`${path}/bin`);
    await Deno.writeTextFile(`${path}/bin/pbs-client`, wrapper());
    await Deno.chmod(`${path}/bin/pbs-client`, 0o755);
    for (const shell of ["bash", "zsh", "fish"]) {
      const { stdout } = await runClientOk(["completion", shell]);
      await Deno.writeTextFile(`${path}/completion.${shell}`, stdout);
    }
    return new Workplace(folder, {
      PATH: `${path}/bin:${Deno.env.get("PATH")}`,
      PBS_REPOSITORY: `${path}/store`,
      XDG_CACHE_HOME: `${path}/cache`,
      LC_ALL: "C.UTF-8",
      TERM: "dumb",
      ZDOTDIR: path,
      // The modules that the program needs are where they are without these settings.
      DENO_DIR: await denoDirectory(),
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.folder[Symbol.asyncDispose]();
  }

  /** Runs a program here; returns its standard output. */
  async run(command: string, args: readonly string[]): Promise<string> {
    const output = await new Deno.Command(command, {
      args: [...args],
      cwd: this.folder.path,
      env: this.env,
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    const text = decoder.decode(output.stdout);
    assertEquals(output.code, 0, `${command}: ${text}${decoder.decode(output.stderr)}`);
    return text;
  }

  /** Types lines at the prompt of a shell; returns how the program was called by each of them. */
  async type(shell: readonly string[], lines: readonly string[]): Promise<string[]> {
    const terminal = fromFileUrl(new URL("../support/run_on_terminal.py", import.meta.url));
    const typed = [...lines.map((line) => `pbs-client ${line}\n`), "exit\n"];
    const transcript = await this.run("python3", [terminal, JSON.stringify(typed), ...shell]);
    return [...transcript.matchAll(/^called: (.*?)\r?$/gm)].map(([, words]) => words!);
  }
}

/** Answers completions and shows every other call. */
function wrapper(): string {
  const command = clientCommand([]).map((word) => `'${word}'`).join(" ");
  return `#!/bin/sh
[ "$1" != __complete ] || exec ${command} "$@"
printf 'called:'
printf ' [%s]' "$@"
echo
`;
}

async function denoDirectory(): Promise<string> {
  const output = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  return JSON.parse(new TextDecoder().decode(output.stdout)).denoDir;
}

/** Lines that are typed, tabs included, and the words that the program gets. */
const TYPED: readonly (readonly [string, string])[] = [
  ["snap\tfi\thost/\t", `[snapshot] [files] [${SNAPSHOT}]`],
  ["snap fi host/elsa/2023-11-14T22:\t", `[snap] [fi] [${SNAPSHOT}]`],
  [`snap fi 'host/elsa/2023-11-14T22:13\t`, `[snap] [fi] [${SNAPSHOT}]`],
  [`restore ${SNAPSHOT} ho\t`, `[restore] [${SNAPSHOT}] [home.pxar]`],
  ["restore --overwrite host/elsa ho\t", "[restore] [--overwrite] [host/elsa] [home.pxar]"],
  ["prune v\t --keep-l\t 1", "[prune] [vm/100] [--keep-last] [1]"],
  ["list --ns branch/\t", "[list] [--ns] [branch/two]"],
  ["list --ns=branch/\t", "[list] [--ns=branch/two]"],
  ["list --output-format json-\t", "[list] [--output-format] [json-pretty]"],
  ["list --repository ./st\t", "[list] [--repository] [./store/]"],
  ["key show my\told\t", "[key] [show] [my files/old key]"],
  ["backup a.pxar:./my\t", "[backup] [a.pxar:./my files/]"],
  ["help key paper\t", "[help] [key] [paperkey]"],
  ["list --repository /nowhere --ns b\t", "[list] [--repository] [/nowhere] [--ns] [b]"],
];

testWithPeers(
  "bash completes commands, options, names of the repository and files while one types",
  ["python3", "bash"],
  async () => {
    await using place = await Workplace.make();
    const start = `${place.folder.path}/start`;
    await Deno.writeTextFile(start, "PS1=': '; source ./completion.bash\n");
    const calls = await place.type(
      ["bash", "--noprofile", "--rcfile", start, "-i"],
      TYPED.map(([line]) => line),
    );
    assertEquals(calls, TYPED.map(([, words]) => words));
  },
);

testWithPeers(
  "bash's completion function fills COMPREPLY with what bash replaces",
  ["bash"],
  async () => {
    await using place = await Workplace.make();
    const lines = await place.run("bash", [
      "-c",
      `set -eu; source ./completion.bash
      COMP_LINE="pbs-client snapshot files ${SNAPSHOT.slice(0, -3)}" COMP_POINT=\${#COMP_LINE}
      _pbs_client_complete pbs-client "" :; printf '%s\\n' "\${COMPREPLY[@]}"
      _pbs_client_complete pbs-client "${SNAPSHOT.slice(0, -3)}" files; echo "$COMPREPLY"
      COMP_LINE="pbs-client list --repository " COMP_POINT=\${#COMP_LINE} PBS_REPOSITORY=
      _pbs_client_complete pbs-client "" --repository; echo "\${#COMPREPLY[@]}"`,
    ]);
    assertEquals(lines, `20Z\n${SNAPSHOT}\n0\n`);
  },
);

testWithPeers(
  "zsh completes commands, options, names of the repository and files while one types",
  ["python3", "zsh"],
  async () => {
    await using place = await Workplace.make();
    await Deno.writeTextFile(
      `${place.folder.path}/.zshrc`,
      "PS1=': '; zmodload zsh/zle; unset zle_bracketed_paste; unsetopt PROMPT_SP PROMPT_CR\n" +
        "autoload -Uz compinit; compinit -u -D; source ./completion.zsh\n",
    );
    const calls = await place.type(["zsh", "-d", "-i"], TYPED.map(([line]) => line));
    // A slash that zsh has added vanishes again where a blank or the line's end follows.
    assertEquals(
      calls.map((call) => call.replaceAll("/]", "]")),
      TYPED.map(([, words]) => words.replaceAll("/]", "]")),
    );
  },
);

testWithPeers("zsh finds the completion in a folder of its functions", ["zsh"], async () => {
  await using place = await Workplace.make();
  await Deno.mkdir(`${place.folder.path}/functions`);
  await Deno.rename(
    `${place.folder.path}/completion.zsh`,
    `${place.folder.path}/functions/_pbs-client`,
  );
  const found = await place.run("zsh", [
    "-fc",
    "fpath=($PWD/functions $fpath); autoload -Uz compinit; compinit -u -D; print $_comps[pbs-client]",
  ]);
  assertEquals(found, "_pbs-client\n");
});

testWithPeers(
  "fish offers commands, options, names of the repository and files, each explained",
  ["fish"],
  async () => {
    await using place = await Workplace.make();
    const complete = async (line: string): Promise<string[]> => {
      const source = 'source ./completion.fish; complete -C "$argv[1]"';
      const text = await place.run("fish", ["--no-config", "-c", source, line]);
      return text.split("\n").slice(0, -1);
    };
    assertEquals(await complete("pbs-client sna"), ["snapshot\tManage snapshots."]);
    assertEquals(await complete("pbs-client snap files host/"), [SNAPSHOT]);
    assertEquals(await complete("pbs-client snap files vm"), ["vm/100/2023-11-14T22:13:20Z\tmail"]);
    assertEquals(await complete("pbs-client prune "), [
      "host/elsa\t1 snapshot",
      "vm/100\t1 snapshot",
    ]);
    assertEquals(await complete(`pbs-client restore ${SNAPSHOT} h`), ["home.pxar\t2 KiB"]);
    assertEquals(await complete("pbs-client list --ns=b"), ["--ns=branch", "--ns=branch/two"]);
    assertEquals(await complete("pbs-client prune vm/100 --keep-l"), [
      "--keep-last\tHow many of the newest snapshots to keep.",
    ]);
    assertEquals(await complete("pbs-client list --repository ./st"), ["./store/"]);
    assertEquals(await complete("pbs-client key show 'my files/o"), ["my files/old key"]);
    assertEquals(await complete("pbs-client completion "), ["bash", "fish", "zsh"]);
    assertEquals(await complete("pbs-client list --repository /nowhere --ns "), []);
  },
);

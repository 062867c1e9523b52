import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { clientCommand, runtimeFolder } from "../support/run_client.ts";
import { shellSteps } from "../support/shell_document.ts";
import { TempDir } from "../support/temp_dir.ts";

const guide = new URL("../../docs/guide/", import.meta.url);

/** What the hidden steps may use besides the shell's own words. */
const PRELUDE = `
set -eu -o pipefail
# start COMMAND WORD: runs a server until the document ends; returns when it has printed the word.
start() {
  STARTED=$(mktemp)
  bash -c "exec $1" > "$STARTED" &
  for _ in $(seq 2400); do grep -q "$2" "$STARTED" && return; sleep 0.05; done
  return 1
}
# shows TEXT COMMAND...: runs a command, whether it fails or not, that has to print the text.
shows() {
  local text=$1 output
  shift
  output=$("$@" 2>&1) || true
  [[ $output == *"$text"* ]] || { echo "no \"$text\" in: $output"; return 1; }
}
# Of what is written to it grep -q would read no more than to the first match, and the writer would fail.
grep() {
  case $1 in -q*) command grep "\${1/q/c}" "\${@:2}" > /dev/null ;; *) command grep "$@" ;; esac
}
for folder in /srv /home /mnt /var/lib /var/spool; do mkdir -p $folder; mount -t tmpfs none $folder; done
etc=$(mktemp -d)
mount -t tmpfs none "$etc"
cp -a /etc/. "$etc"
mount --bind "$etc" /etc
umount "$etc"
rmdir "$etc"
mkdir -p /home/admin
ip link set lo up
cd /home/admin
`;

/**
 * The program as a document's reader calls it. Two snapshots of a group cannot have the same second,
 * which readers do not notice and a test would.
 */
function startScript(folder: string): string {
  const words = clientCommand([]).map((word) => `'${word}'`).join(" ");
  return `#!/bin/sh
export PBS_CLIENT_PROGRAM="$0"
[ "$1" = backup ] || exec ${words} "$@"
while [ "$(date +%s)" = "$(cat ${folder}/second 2>/dev/null)" ]; do sleep 0.05; done
${words} "$@"
code=$?
date +%s > ${folder}/second
exit $code
`;
}

/** Runs a document's steps in order, with `/etc`, `/srv`, `/home`, `/mnt` and more of its own. */
async function runDocument(markdown: string): Promise<{ code: number; output: string }> {
  await using dir = await TempDir.make("/dev/shm");
  await Deno.mkdir(`${dir.path}/bin`);
  await Deno.writeTextFile(`${dir.path}/bin/pbs-client`, startScript(dir.path), { mode: 0o755 });
  const words = clientCommand([]).map((word) => `'${word}'`).join(" ");
  const pxar = `#!/bin/bash\nexec -a pxar ${words} "$@"\n`;
  await Deno.writeTextFile(`${dir.path}/bin/pxar`, pxar, { mode: 0o755 });
  const steps = shellSteps(markdown);
  assert(steps.length > 0, "the document has no step that could be run");
  // The shell goes on where the first command of "a && b" fails.
  const script = steps.map(({ line, script }) => `STEP=${line}\n${script}\n(exit $?)\n`).join("");
  const trap = `trap 'code=$?; [ $code = 0 ] || echo "step at line $STEP failed: $code"' EXIT\n`;
  const command = new Deno.Command("unshare", {
    args: [
      "--mount",
      "--net",
      "--pid",
      "--fork",
      "--kill-child",
      "--mount-proc",
      "bash",
      "-c",
      trap + PRELUDE + script,
    ],
    clearEnv: true,
    env: {
      PATH: `${dir.path}/bin:${Deno.env.get("PATH")}`,
      HOME: "/home/admin",
      LANG: "C.UTF-8",
      DENO_DIR: runtimeFolder(),
      DENO_NO_UPDATE_CHECK: "1",
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
  const { code, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  return { code, output: decoder.decode(stdout) + decoder.decode(stderr) };
}

for (const { name } of [...Deno.readDirSync(guide)].sort((a, b) => a.name < b.name ? -1 : 1)) {
  const text = Deno.readTextFileSync(new URL(name, guide));
  if (shellSteps(text).length === 0) continue;
  Deno.test(`every command of guide/${name} works`, async () => {
    const { code, output } = await runDocument(text);
    assertEquals(code, 0, output);
  });
}

Deno.test("every command of README.md works, but for the run of all tests", async () => {
  const text = Deno.readTextFileSync(new URL("../../README.md", import.meta.url));
  // The clone is the current folder, and the tree to back up a small one.
  const clone = `<!-- test: mkdir scripts && ln -s "$(command -v pbs-client)" scripts/pbs-client -->
<!-- test: mount -t tmpfs none /usr/share && echo 1 > /usr/share/one -->
`;
  const { code, output } = await runDocument(clone + text.replace("scripts/test\n", "true\n"));
  assertEquals(code, 0, output);
});

Deno.test("every message of guide/troubleshooting.md is one that a command shows", () => {
  const text = Deno.readTextFileSync(new URL("troubleshooting.md", guide));
  const messages = [...text.matchAll(/^\*\*`(.+)`\*\*/gm)].map(([, message]) => message!);
  assert(messages.length > 20);
  const steps = shellSteps(text).map(({ script }) => script).join("\n");
  const fixed = messages.map((message) => message.split("…").map((part) => part.trim()));
  for (const parts of fixed) for (const part of parts) assertStringIncludes(steps, part);
});

Deno.test("a command of a document that fails fails its test, with its line", async () => {
  const { code, output } = await runDocument("# A\n\n```sh\ntrue\n```\n\n```sh\nfalse\n```\n");
  assertEquals(code, 1);
  assertEquals(output, "step at line 7 failed: 1\n");
  const hidden = await runDocument("# A\n\n<!-- test: echo a | grep -q b && true -->\n");
  assertEquals([hidden.code, hidden.output], [1, "step at line 3 failed: 1\n"]);
});

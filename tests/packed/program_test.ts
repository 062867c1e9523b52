import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { packedExecutable } from "../support/packed_executable.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testWithPeers } from "../support/with_peers.ts";

/** Runs a shell script with the executable's path as `$program`, in an empty folder. */
async function run(script: string): Promise<string> {
  await using dir = await TempDir.make("/dev/shm");
  const program = await packedExecutable();
  const output = await new Deno.Command("unshare", {
    args: ["--mount", "--propagation", "private", "bash", "-c", `exec 2>&1; set -eu\n${script}`],
    cwd: dir.path,
    stdin: "null",
    env: {
      ...{ LC_ALL: "C.UTF-8", TZ: "UTC", PBS_CLIENT_CACHE_DIR: `${dir.path}/cache` },
      ...{ program, PBS_REPOSITORY: "" },
    },
  }).output();
  const text = new TextDecoder().decode(output.stdout);
  if (!output.success) throw new Error(`the script ended with ${output.code}:\n${text}`);
  return text;
}

testWithPeers("the name says which program is meant, and messages have the name it was called by", [
  "unshare",
], async () => {
  const output = await run(`
    ln -s "$program" pxar; ./pxar --version
    (exec -a /opt/pxar "$program" --version)
    cp "$program" client; ./client --version
    ./client backup a.pxar:/usr/share/doc/libc6 --repository ./store --init 2>&1 | grep 'snapshot list'
    ./client lost || echo "code $?"
  `);
  const lines = output.split("\n");
  assertMatch(lines.slice(0, 3).join(" "), /^pxar (\S+) pxar \1 pbs-client \1$/);
  assertStringIncludes(output, "List it: ./client snapshot list --repository /");
  assertStringIncludes(output, 'did you mean "./client list"');
  assertStringIncludes(output, "code 255");
});

testWithPeers("commands of the host get the host's surroundings", ["unshare"], async () => {
  const output = await run(`
    export PBS_ENCRYPTION_PASSWORD_CMD="sh -c 'env > seen; echo secret'" LD_LIBRARY_PATH=/somewhere
    "$program" key create key --kdf scrypt
    unset PBS_ENCRYPTION_PASSWORD_CMD
    grep -E '^(LD_|PBS_CLIENT_NATIVE)' seen
  `);
  assertEquals(output, "LD_LIBRARY_PATH=/somewhere\n");
});

testWithPeers("what would stop the runtime does not, or is told", ["unshare"], async () => {
  const output = await run(`
    mkdir gone; cd gone; rmdir ../gone; "$program" version; cd ..
    : > file; HOME=$PWD/file "$program" version
    (ulimit -S -v 1000000; "$program" version)
    (ulimit -v 1000000; "$program" version) || echo "code $?"
    LD_PRELOAD=/nonexistent.so "$program" version
    DENO_DIR=/nonexistent "$program" version
  `);
  assertEquals(
    output.replace(/^pbs-client: 'ulimit -v 1000000' is too little .*$/m, "TOLD"),
    [
      ...Array(3).fill("client version: 0.1.0"),
      ...["TOLD", "code 255"],
      ...Array(2).fill("client version: 0.1.0"),
      "",
    ].join("\n").replaceAll("0.1.0", /version: (.*)/.exec(output)![1]!),
  );
});

testWithPeers(
  "a signal ends it as a signal, and its mounts go on in the background",
  ["unshare"],
  async () => {
    const output = await run(`
    mkdir source mounted; seq 1000 > source/numbers
    "$program" backup source.pxar:source --repository ./store --backup-id a --init >/dev/null 2>&1
    "$program" mount host/a/latest source.pxar mounted --repository ./store
    cmp source/numbers mounted/numbers; grep -c "$PWD/mounted" /proc/mounts
    umount mounted
    mkfifo pipe; exec 9<>pipe; head -c 65536 /dev/zero >&9
    "$program" backup pipe.img:pipe --repository ./store &
    until find store -name '*.tmp_fidx' | grep -q . || ! kill -0 $!; do sleep 0.05; done
    kill -TERM $!; wait $! || echo "code $?"
  `);
    assertMatch(output, /^1$/m);
    // As a shell tells the end by SIGTERM.
    assertMatch(output, /^code 143$/m);
  },
);

testWithPeers(
  "no library of the host is opened, and host names are found",
  ["unshare", "strace"],
  async () => {
    const output = await run(`
    echo '127.0.0.1 peer.test' > hosts; mount --bind hosts /etc/hosts
    echo 'hosts: mymachines resolve files dns' > switch; mount --bind switch /etc/nsswitch.conf
    export PBS_PASSWORD=x PBS_FINGERPRINT=${Array(32).fill("00").join(":")}
    strace -f -qq -o log -e trace=open,openat,execve "$program" list --repository a@pbs@peer.test:1:store || true
    grep -E '"[^"]*(\\.so|/ld\\.)' log | grep -v ENOENT | grep -o '"[^"]*"' | tr -d '"' | grep ^/ | grep -v "^$PBS_CLIENT_CACHE_DIR/" || echo none
    grep -c 'cache/.*/lib/libc.so.6' log
    grep -oE '"/(usr/)?lib[^"]*"' log || echo none
  `);
    assertMatch(output, /peer\.test.*refused/i);
    assertEquals(output.trimEnd().split("\n").slice(-3), ["none", "1", "none"]);
  },
);

Deno.test("the executable has less than 60 MB, even if it is hardly compressed", async () => {
  const { size } = await Deno.stat(await packedExecutable());
  assert(size < 60_000_000, `${size} bytes`);
});

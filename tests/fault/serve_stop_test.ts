import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { eventually } from "../support/eventually.ts";
import { kernelLocks } from "../support/kernel_locks.ts";
import { ownLoopback } from "../support/own_loopback.ts";
import { clientCommand, runClient, runClientOk, spawnClient } from "../support/run_client.ts";
import { runPeer } from "../support/run_peer.ts";
import { connectServed } from "../support/served_connection.ts";
import { ServerProcess } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testWithPeers } from "../support/with_peers.ts";
import { withoutHint } from "../support/without_hint.ts";

const INTERRUPTED = 143;
/** Long before the half minute that running tasks get. */
const SOON_MS = 20_000;

/** A backup that goes on until its pipe is closed. */
async function startEndless(dir: string, env: Record<string, string>) {
  const fifo = `${dir}/fifo`;
  await runPeer("mkfifo", [fifo]);
  const writer = await Deno.open(fifo, { read: true, write: true });
  const output = spawnClient(["backup", `pipe.img:${fifo}`, "--backup-id", "test"], {
    env,
    output: "piped",
  }).output();
  await writer.write(new Uint8Array(65536));
  await eventually(async () => {
    const list = await runPeer("find", [`${dir}/store`, "-name", "pipe*.tmp_fidx"]);
    assert(list !== "", "the backup has not begun");
  });
  return { writer, output };
}

Deno.test("SIGTERM: serve takes nobody new, lets the running backup finish, and ends", async () => {
  await using dir = await TempDir.make("/dev/shm");
  await using server = await ServerProcess.start({ dir, listen: `${ownLoopback()}:0` });
  const env = server.clientEnvironment;
  const { writer, output } = await startEndless(dir.path, env);
  const idle = await connectServed(server);
  server.child.kill("SIGTERM");
  await eventually(async () => {
    const run = await runClient(["list"], { env });
    assertMatch(withoutHint(run.stderr), /^Error: cannot connect to 127\.[\d.]+:\d+: .*\n$/);
  });
  await writer.write(new Uint8Array(65536).fill(1));
  writer.close();
  const { code, stderr } = await output;
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  assertEquals((await server.child.status).code, 0);
  idle.abort();
  assertEquals(kernelLocks(`${dir.path}/store`), []);
  const store = ["--repository", `${dir.path}/store`];
  const restored = await runClientOk([
    "restore",
    "host/test",
    "pipe.img",
    `${dir.path}/out`,
    ...store,
  ]);
  assertEquals(restored.code, 0);
  assertEquals((await Deno.stat(`${dir.path}/out`)).size, 2 * 65536);
  await runClientOk(["datastore", "verify", ...store]);
});

Deno.test("a second SIGTERM ends serve at once; the backup fails clearly, the next one works", async () => {
  await using dir = await TempDir.make("/dev/shm");
  await using server = await ServerProcess.start({ dir, listen: `${ownLoopback()}:0` });
  const env = server.clientEnvironment;
  const { writer, output } = await startEndless(dir.path, env);
  const started = performance.now();
  server.child.kill("SIGTERM");
  // The first one was heard when nobody new is taken.
  await eventually(async () => {
    const connecting = Deno.connect({ hostname: server.host, port: server.port });
    await assertRejects(async () => (await connecting).close(), Deno.errors.ConnectionRefused);
  });
  server.child.kill("SIGTERM");
  assertEquals((await server.child.status).code, INTERRUPTED);
  assert(performance.now() - started < SOON_MS);
  // The client does not wait for a pipe that says nothing.
  const { code, stderr } = await output;
  writer.close();
  assertEquals(code, 255);
  const errors = new TextDecoder().decode(stderr).split("\n").filter((line) =>
    /^Error: /.test(line)
  );
  assertEquals(errors.length, 1, errors.join("\n"));
  assertEquals(kernelLocks(`${dir.path}/store`), []);

  await using next = await ServerProcess.start({ dir });
  await Deno.writeTextFile(`${dir.path}/conf`, "setting = 1\n");
  await runClientOk(["backup", `app.conf:${dir.path}/conf`, "--backup-id", "test"], {
    env: { ...env, PBS_REPOSITORY: next.clientEnvironment.PBS_REPOSITORY! },
  });
  await runClientOk(["datastore", "verify", `${dir.path}/store`]);
});

testWithPeers("systemd's own socket activation starts serve, and it is ready", [
  "systemd-socket-activate",
], async () => {
  await using dir = await TempDir.make("/dev/shm");
  const hostname = ownLoopback();
  const probe = Deno.listen({ hostname, port: 0 });
  const { port } = probe.addr as Deno.NetAddr;
  probe.close();
  const command = clientCommand([
    "serve",
    `--datastore=store1=${dir.path}/store`,
    `--config=${dir.path}/config`,
    `--listen=${hostname}:0`,
  ]);
  const environment = Object.entries(Deno.env.toObject())
    .filter(([name]) => /^(PATH|HOME|DENO_DIR|PBS_CLIENT_NATIVE)$/.test(name));
  const child = new Deno.Command("systemd-socket-activate", {
    args: [
      `--listen=${hostname}:${port}`,
      ...environment.map(([name, value]) => `--setenv=${name}=${value}`),
      ...command,
    ],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  try {
    // The first connection starts it, and is the first that it serves.
    const waking = await connectWhenListening(hostname, port);
    let greeting = "";
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    while (!greeting.includes("PBS_FINGERPRINT")) {
      const { value, done } = await reader.read();
      assert(!done, greeting);
      greeting += value;
    }
    await reader.cancel();
    assert(greeting.startsWith(`# listening on ${hostname}:${port},`), greeting);
    const script = `${greeting}\nexec "$@"\n`;
    await runPeer("sh", ["-e", "-c", script, "sh", ...clientCommand(["status"])]);
    waking.close();
  } finally {
    child.kill("SIGTERM");
    assertEquals((await child.status).code, 0);
  }
});

async function connectWhenListening(hostname: string, port: number): Promise<Deno.TcpConn> {
  return await eventually(() => Deno.connect({ hostname, port }));
}

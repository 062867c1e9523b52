import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { runClientOk } from "../support/run_client.ts";
import { ServerProcess } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testWithPeers } from "../support/with_peers.ts";

const MEMORY_LIMIT_BYTES = 250_000_000;

Deno.test("serve prints what a client needs, keeps secrets from others and stops on a signal", async () => {
  await using server = await ServerProcess.start();
  const env = server.clientEnvironment;
  assertStringIncludes(env.PBS_REPOSITORY!, `admin@pbs@127.0.0.1:${server.port}:store1`);
  await runClientOk(["status"], { env });
  for (const name of ["secrets.json", "server.key", "ticket.key", "server.cfg"]) {
    const { mode } = await Deno.stat(`${server.dir.path}/config/${name}`);
    assertEquals((mode ?? 0) & 0o777, 0o600, name);
  }
  const secrets = await Deno.readTextFile(`${server.dir.path}/config/secrets.json`);
  assert(!secrets.includes(env.PBS_PASSWORD!));
  const access = `${server.dir.path}/config/log/api/access.log`;
  assertEquals((await server.end("SIGTERM")).code, 0);
  const log = await Deno.readTextFile(access);
  assertStringIncludes(log, '"GET /api2/json/admin/datastore/store1/status HTTP/1.1" 200');
  assert(!log.includes(env.PBS_PASSWORD!));
});

Deno.test("eight backups at once succeed, restore the same and take at most 250 MB of the server", async () => {
  await using server = await ServerProcess.start();
  await using work = await TempDir.make("/dev/shm");
  const env = server.clientEnvironment;
  const ids = Array.from({ length: 8 }, (_, i) => `host${i}`);
  for (const id of ids) {
    await Deno.mkdir(`${work.path}/${id}`);
    const file = await Deno.create(`${work.path}/${id}/noise`);
    for (let i = 0; i < 24 * 16; i++) {
      await file.write(crypto.getRandomValues(new Uint8Array(65536)));
    }
    file.close();
  }
  await Promise.all(ids.map((id) =>
    runClientOk([
      "backup",
      `root.pxar:${work.path}/${id}`,
      `--backup-id=${id}`,
      "--backup-type=host",
      "--backup-time=1700000000",
    ], { env })
  ));
  const peak = server.peakMemoryBytes();
  Deno.stdout.writeSync(new TextEncoder().encode(`server: ${(peak / 1e6).toFixed(0)} MB\n`));
  assert(peak <= MEMORY_LIMIT_BYTES, `the server took ${peak} bytes`);
  for (const id of ids.slice(0, 2)) {
    const restored = `${work.path}/restored-${id}`;
    await runClientOk(["restore", `host/${id}/2023-11-14T22:13:20Z`, "root.pxar", restored], {
      env,
    });
    assertEquals(
      await Deno.readFile(`${restored}/noise`),
      await Deno.readFile(`${work.path}/${id}/noise`),
    );
  }
});

testWithPeers(
  "a service manager passes the socket and hears when the server is ready",
  ["python3"],
  async () => {
    await using work = await TempDir.make("/dev/shm");
    const script = `${work.path}/manager.py`;
    await Deno.writeTextFile(script, MANAGER);
    const { clientCommand } = await import("../support/run_client.ts");
    const command = clientCommand([
      "serve",
      `--datastore=store1=${work.path}/store`,
      `--config=${work.path}/config`,
    ]);
    const { code, stdout, stderr } = await new Deno.Command("python3", {
      args: [script, `${work.path}/notify`, ...command],
      env: { PBS_LOG: "error" },
    }).output();
    const text = new TextDecoder().decode(stdout);
    assertEquals(code, 0, text + new TextDecoder().decode(stderr));
    assertStringIncludes(text, "READY=1");
    assertStringIncludes(text, '{"data":{"pong":true}}');
    assertStringIncludes(text, "STOPPING=1");
  },
);

/** Does what systemd does for a service with a socket and Type=notify. */
const MANAGER = `
import os, signal, socket, ssl, sys
notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
notify.bind(sys.argv[1])
notify.settimeout(60)
listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(16)
port = listener.getsockname()[1]
pid = os.fork()
if pid == 0:
    os.dup2(listener.fileno(), 3)
    os.set_inheritable(3, True)
    os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()), NOTIFY_SOCKET=sys.argv[1])
    os.dup2(2, 1)
    os.execvp(sys.argv[2], sys.argv[2:])
listener.close()
print(notify.recv(100).decode())
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
client = context.wrap_socket(socket.create_connection(("127.0.0.1", port)))
client.sendall(b"GET /api2/json/ping HTTP/1.1\\r\\nconnection: close\\r\\n\\r\\n")
answer = b""
while part := client.recv(4096):
    answer += part
print(answer.decode())
os.kill(pid, signal.SIGTERM)
print(notify.recv(100).decode())
os.waitpid(pid, 0)
`;

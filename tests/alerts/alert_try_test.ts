// `alert try` as a process: what arrives, its exit code, and that no secret is to be seen anywhere.

import { assertEquals, assertStringIncludes } from "@std/assert";
import { runClient, spawnClient } from "../support/run_client.ts";
import { TempDir } from "../support/temp_dir.ts";

const SECRET = "open-sesame-123";

Deno.test("alert try sends a trial and shows no secret, in its output, a list of processes or a file", async () => {
  await using dir = await TempDir.make();
  const { path } = dir;
  const seen: string[] = [];
  const arrived = Promise.withResolvers<void>();
  const looked = Promise.withResolvers<void>();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      seen.push(`${request.headers.get("authorization")} ${(await request.json()).what}`);
      arrived.resolve();
      await looked.promise;
      return new Response(`not for ${request.headers.get("authorization")}`, { status: 403 });
    },
  );
  try {
    await Deno.writeTextFile(`${path}/secret`, `${SECRET}\n`, { mode: 0o600 });
    await Deno.writeTextFile(
      `${path}/alerts.toml`,
      `[alerts.hook]
type = "webhook"
url = "http://127.0.0.1:${server.addr.port}/"
token-file = "${path}/secret"
time-limit = 60
[alerts.node]
type = "textfile"
file = "${path}/node.prom"
`,
    );
    const child = spawnClient(["alert", "try", "--config", path], { output: "piped" });
    const output = child.output();
    await arrived.promise;
    const lists: string[] = [];
    for (const name of ["cmdline", "environ"]) {
      lists.push(await Deno.readTextFile(`/proc/${child.pid}/${name}`));
    }
    looked.resolve();
    const { code, stdout, stderr } = await output;
    const decoder = new TextDecoder();
    const printed = [decoder.decode(stdout), decoder.decode(stderr)];
    assertEquals(code, 255);
    assertEquals(printed[0], "hook (webhook): failed\nnode (textfile): sent\n");
    assertStringIncludes(printed[1]!, "answered 403: not for Bearer [secret]");
    assertEquals(seen, [`Bearer ${SECRET} test`]);
    for (const { name } of Deno.readDirSync(path)) {
      if (name !== "secret") lists.push(await Deno.readTextFile(`${path}/${name}`));
    }
    for (const text of [...printed, ...lists]) assertEquals(text.includes(SECRET), false, text);

    const missing = await runClient(["alert", "try", "hok", "--config", path]);
    assertEquals(missing.code, 255);
    assertStringIncludes(missing.stderr, 'there is no alert "hok" in');
    assertStringIncludes(missing.stderr, "maybe hook");
  } finally {
    looked.resolve();
    await server.shutdown();
  }
});

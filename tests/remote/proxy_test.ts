import { assertEquals, assertMatch } from "@std/assert";
import { runRemote } from "../support/remote_command.ts";
import { TestServer } from "../support/test_server.ts";

/** A proxy that makes tunnels and keeps the first line and credentials of each. */
class ConnectProxy implements AsyncDisposable {
  readonly tunnels: string[] = [];
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #connections = new Set<Deno.Conn>();
  readonly #done: Promise<void>;

  constructor() {
    this.#done = this.#accept();
  }

  get port(): number {
    return (this.#listener.addr as Deno.NetAddr).port;
  }

  async #accept(): Promise<void> {
    for await (const client of this.#listener) void this.#serve(client).catch(() => {});
  }

  async #serve(client: Deno.Conn): Promise<void> {
    this.#connections.add(client);
    let head = "";
    const buffer = new Uint8Array(4096);
    while (!head.includes("\r\n\r\n")) {
      const count = await client.read(buffer);
      if (count === null) return client.close();
      head += new TextDecoder().decode(buffer.subarray(0, count));
    }
    const [, target = ""] = /^CONNECT (\S+) HTTP\/1\.1\r\n/.exec(head) ?? [];
    const [, basic = ""] = /^Proxy-Authorization: Basic (\S+)\r$/m.exec(head) ?? [];
    this.tunnels.push(`${basic === "" ? "" : `${atob(basic)}@`}${target}`);
    const [hostname = "", port] = target.split(":");
    const server = await Deno.connect({ hostname, port: Number(port) });
    this.#connections.add(server);
    await client.write(new TextEncoder().encode("HTTP/1.1 200 Connection established\r\n\r\n"));
    await Promise.all([
      client.readable.pipeTo(server.writable).catch(() => {}),
      server.readable.pipeTo(client.writable).catch(() => {}),
    ]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const connection of this.#connections) {
      try {
        connection.close();
      } catch {
        // It has ended by itself.
      }
    }
    await this.#done;
  }
}

Deno.test("connections go through the proxy that the environment names, unless NO_PROXY does", async () => {
  await using server = await TestServer.start();
  await using proxy = new ConnectProxy();
  const at = `127.0.0.1:${proxy.port}`;
  const target = `127.0.0.1:${server.port}`;
  const cases: [Record<string, string>, string[]][] = [
    [{ ALL_PROXY: `http://${at}` }, [target]],
    [{ all_proxy: at }, [target]],
    [{ HTTPS_PROXY: `http://u:p@${at}/` }, [`u:p@${target}`]],
    [{ https_proxy: `http://${at}` }, [target]],
    [{ ALL_PROXY: "", https_proxy: `http://${at}` }, [target]],
    [{ HTTPS_PROXY: `http://${at}`, NO_PROXY: "example.com,127.0.0.0/8" }, []],
    [{ https_proxy: `http://${at}`, no_proxy: "127.0.0.1" }, []],
    [{ https_proxy: `http://${at}`, no_proxy: "127.0.0.1:1" }, [target]],
    [{ ALL_PROXY: `http://${at}`, NO_PROXY: "*" }, []],
    [{}, []],
  ];
  for (const [env, tunnels] of cases) {
    proxy.tunnels.length = 0;
    const run = await runRemote(server, ["snapshot", "list"], env);
    assertEquals(run.code, 0, run.stderr);
    assertEquals([...new Set(proxy.tunnels)], tunnels, JSON.stringify(env));
    const shown = tunnels.length === 0 ? "" : `Using proxy connection: ${at}\n`;
    assertEquals(run.stderr, shown, JSON.stringify(env));
  }
  const socks = await runRemote(server, ["list"], { https_proxy: "socks5://127.0.0.1:1" });
  assertEquals(socks.code, 255);
  assertMatch(socks.stderr, /variable https_proxy: .*NO_PROXY=127\.0\.0\.1 connects without/);
});

import { assertEquals, assertMatch } from "@std/assert";
import { ConnectProxy } from "../support/connect_proxy.ts";
import { runRemote } from "../support/remote_command.ts";
import { TestServer } from "../support/test_server.ts";

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

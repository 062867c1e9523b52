import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { TicketSigner } from "../../lib/server/mod.ts";
import { clientCommand, runClient, runClientOk } from "../support/run_client.ts";
import { runPeer } from "../support/run_peer.ts";
import { ServerProcess } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";
import { ADMINISTRATOR, TestServer } from "../support/test_server.ts";
import { testWithPeers } from "../support/with_peers.ts";

const SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";
const USER = "admin@pbs";
const PASSWORD = "a password";
const driver = fromFileUrl(new URL("../support/run_on_terminal.py", import.meta.url));

/** The code that an authenticator program of others shows. */
async function currentCode(offsetSeconds = 0): Promise<string> {
  const at = new Date(Date.now() + 1000 * offsetSeconds).toISOString();
  const args = ["--totp", "--base32", `--now=${at.replace("T", " ").slice(0, 19)} UTC`, SECRET];
  return (await runPeer("oathtool", args)).trim();
}

interface LoginAnswer {
  readonly status: number;
  readonly text: string;
  readonly cookie: string | undefined;
  readonly data: Record<string, string>;
}

async function post(server: TestServer, members: object): Promise<LoginAnswer> {
  const client = await server.connect();
  const response = await client.request({
    method: "POST",
    path: "/api2/json/access/ticket",
    headers: [["content-type", "application/json"]],
    body: new TextEncoder().encode(JSON.stringify(members)),
  });
  const text = await response.body.text(100_000);
  client.abort();
  return {
    status: response.status,
    text,
    cookie: response.headers.get("set-cookie"),
    data: response.status === 200 ? JSON.parse(text).data : {},
  };
}

testWithPeers(
  "the codes of oathtool log in, each once, and the ticket is renewed without another",
  ["oathtool"],
  async () => {
    await using server = await TestServer.start({ accounts: ADMINISTRATOR });
    await server.access.factors.addTotp(USER, SECRET, "oathtool");
    const first = await post(server, { username: USER, password: PASSWORD, "http-only": true });
    assertEquals([first.status, first.cookie], [200, undefined]);
    assertEquals(Object.keys(first.data).sort(), ["CSRFPreventionToken", "ticket", "username"]);
    assertEquals(first.data["CSRFPreventionToken"], "invalid");
    const challenge = first.data["ticket"]!;
    assertMatch(challenge, /^PBS:!tfa!\{"totp"%3Atrue\}:[0-9A-F]{8}::[A-Za-z0-9+/]+$/);
    const second = async (answer: string, username = USER, ticket = challenge) =>
      await post(server, { username, password: answer, "tfa-challenge": ticket });
    for (const wrong of ["totp:", "123456", "yubico:1", `totp:${await currentCode(-3600)}`]) {
      const refused = await second(wrong);
      assertEquals([refused.status, refused.text], [401, "permission check failed."], wrong);
    }
    const answer = `totp:${await currentCode()}`;
    assertEquals((await second(answer, "eve@pbs")).status, 401);
    assertEquals((await second(answer, USER, challenge.replace("true", "null"))).status, 401);
    const ticketOfOther = server.access.signer.createChallengeTicket("eve@pbs", { totp: true });
    assertEquals((await second(answer, USER, ticketOfOther)).status, 401);
    assertEquals((await second(answer, USER, server.access.signer.createTicket(USER))).status, 401);
    const full = await second(answer);
    assertEquals(full.status, 200, full.text);
    assertEquals(server.access.signer.verifyTicket(full.data["ticket"]!), USER);
    assertEquals((await second(answer)).status, 401, "the same code again");
    const renewed = await post(server, { username: USER, password: full.data["ticket"] });
    assertEquals(server.access.signer.verifyTicket(renewed.data["ticket"]!), USER);
    // Half a login authenticates nothing, not even itself.
    assertEquals(server.access.signer.verifyTicket(challenge), undefined);
    assertEquals((await post(server, { username: USER, password: challenge })).status, 401);
  },
);

Deno.test("half a login is good for ten minutes, and for the server that gave it", () => {
  let now = 1_700_000_000_000;
  const signer = new TicketSigner(new Uint8Array(32).fill(1), () => now);
  const ticket = signer.createChallengeTicket(USER, { totp: true, recovery: [1, 2] });
  now += 600_000;
  assert(signer.verifyChallengeTicket(ticket, USER));
  assert(!signer.verifyChallengeTicket(ticket, "eve@pbs"));
  assert(!new TicketSigner(new Uint8Array(32), () => now).verifyChallengeTicket(ticket, USER));
  now += 1000;
  assert(!signer.verifyChallengeTicket(ticket, USER));
});

testWithPeers(
  "a user with a second factor logs in on a terminal, and what follows needs no terminal",
  ["oathtool", "python3"],
  async () => {
    await using server = await ServerProcess.start();
    await using work = await TempDir.make();
    await Deno.chmod(work.path, 0o700);
    const config = `--config=${server.dir.path}/config`;
    await runClientOk(["serve", "tfa", "add", USER, "--description=phone", config], {
      env: { PBS_NEW_TOTP_SECRET: SECRET },
    });
    const { stdout: keys } = await runClientOk(["serve", "tfa", "recovery", USER, config]);
    const [key = "", unused = ""] = keys.trim().split("\n");
    const env: Record<string, string> = {
      ...server.clientEnvironment,
      XDG_RUNTIME_DIR: work.path,
    };
    const alone = await runClient(["status"], { env });
    assertEquals(alone.code, 255);
    assertStringIncludes(alone.stderr, "has a second factor, and there is nobody to ask for it");
    const onTerminal = async (...typed: string[]) => {
      const { code, stdout } = await new Deno.Command("python3", {
        args: [
          driver,
          JSON.stringify(typed.map((text) => `${text}\r`)),
          ...clientCommand(["login"]),
        ],
        env,
        stdin: "null",
      }).output();
      return { code, transcript: new TextDecoder().decode(stdout) };
    };
    const code = await currentCode();
    const login = await onTerminal("000000", code);
    assertEquals(login.code, 0, login.transcript);
    const prompt = 'Verification code or recovery key for "admin@pbs": ';
    assertEquals(login.transcript.split(prompt).length, 3);
    assert(!login.transcript.includes(code));
    const { PBS_PASSWORD: _, ...remembered } = env;
    await runClientOk(["status"], { env: remembered });
    await runClientOk(["logout"], { env: remembered });
    assertEquals((await onTerminal(key)).code, 0);
    assertEquals((await onTerminal(key, key, key)).code, 255, "a used recovery key");
    assertEquals((await onTerminal(unused)).code, 0);
    const added = async (...typed: string[]) => {
      const args = clientCommand(["serve", "tfa", "add", USER, config]);
      const { code, stdout } = await new Deno.Command("python3", {
        args: [driver, JSON.stringify(typed.map((text) => `${text}\r`)), ...args],
        env: { PBS_NEW_TOTP_SECRET: SECRET },
        stdin: "null",
      }).output();
      const transcript = new TextDecoder().decode(stdout);
      assert(!transcript.includes(SECRET), "a secret that was brought is not shown");
      return [code, /wrong|added totp-\d/.exec(transcript)?.[0]];
    };
    assertEquals(await added("000000"), [255, "wrong"]);
    assertEquals(await added(await currentCode()), [0, "added totp-2"]);
    await runClientOk(["serve", "tfa", "delete", USER, "totp-2", config]);
    const { stdout } = await runClientOk([
      "serve",
      "tfa",
      "list",
      USER,
      "--output-format=json",
      config,
    ]);
    assertEquals(JSON.parse(stdout), [
      { description: "phone", id: "totp-1", type: "totp" },
      { description: "8 keys left", id: "recovery", type: "recovery" },
    ]);
    await runClientOk(["serve", "tfa", "delete", USER, config]);
    await runClientOk(["status"], { env });
  },
);

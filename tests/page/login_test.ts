import { assertEquals, assertMatch } from "@std/assert";
import { runClientOk } from "../support/run_client.ts";
import { runPeer } from "../support/run_peer.ts";
import { ServerProcess } from "../support/server_process.ts";
import { testWithPeers } from "../support/with_peers.ts";
import { Browser, stepsOf, type Tab } from "./browser.ts";

const USER = "admin@pbs";
const SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP";

async function logIn(tab: Tab, user: string, password: string): Promise<void> {
  await tab.fill("User", user);
  await tab.fill("Password", password);
  await tab.press("button", "Log in");
}

/** Backs up a file as it is, and another one encrypted. */
async function backUp(server: ServerProcess): Promise<void> {
  const source = `${server.dir.path}/source`;
  await Deno.mkdir(source);
  await Deno.writeTextFile(`${source}/hello.txt`, "hello, world\n");
  const env = server.clientEnvironment;
  const archive = `root.pxar:${source}`;
  const keyfile = `${server.dir.path}/key.json`;
  await runClientOk(["backup", archive, "--backup-id=plain"], { env });
  await runClientOk(["key", "create", keyfile, "--kdf=none"], { env });
  const encrypted = ["--crypt-mode=encrypt", `--keyfile=${keyfile}`, "--backup-id=secret"];
  await runClientOk(["backup", archive, ...encrypted], { env });
}

testWithPeers(
  "behind the login of a server is the same page, but for what is encrypted",
  ["/usr/bin/chromium", "oathtool"],
  async (context) => {
    await using server = await ServerProcess.start();
    await backUp(server);
    await using browser = await Browser.start();
    const step = stepsOf(context);
    const password = server.clientEnvironment["PBS_PASSWORD"]!;
    const address = `https://127.0.0.1:${server.port}/`;
    const config = `--config=${server.dir.path}/config`;
    const tab = await browser.open(address);

    await step("nothing is answered without a login", async () => {
      await tab.shows("Log in");
      const names = ["stores", "growth?store=store1", "groups?store=store1", "tasks"];
      const answers = await tab.page.evaluate(`Promise.all(${JSON.stringify(names)}.map(
        async (name) => (await fetch("/page/" + name)).status))`);
      assertEquals(answers, names.map(() => 401));
    });

    await step("a wrong password is refused in words", async () => {
      await logIn(tab, USER, "wrong");
      await tab.page.waitForSelector("[role=alert]");
      assertEquals(
        await tab.page.$eval(
          "input[name=password]",
          (input) => (input as unknown as { value: string }).value,
        ),
        "",
      );
    });

    await step("the right one leads to the files", async () => {
      await logIn(tab, USER, password);
      await tab.press("link", "host/plain");
      await tab.page.locator(".snapshots tbody a").click();
      await tab.shows("hello.txt");
      await tab.page.locator(".tree-row ::-p-text(hello.txt)").click();
      await tab.shows("hello, world");
    });

    await step(
      "of an encrypted snapshot it says why it cannot be opened, and what can",
      async () => {
        await tab.go("#/store?store=store1");
        await tab.press("link", "host/secret");
        await tab.shows("encrypted");
        await tab.page.locator(".snapshots tbody a").click();
        await tab.page.waitForSelector(".notice.info");
        const notice = await tab.page.$eval(".notice", (element) => element.textContent ?? "");
        assertMatch(notice, /encrypted.*pbs-client browse/s);
      },
    );

    await step("the session outlives a reload, and ends with the log-out", async () => {
      await tab.page.reload();
      await tab.page.waitForSelector(".notice.info");
      await tab.press("button", "Log out");
      await tab.shows("Password");
      await tab.page.goBack();
      await tab.shows("Password");
    });

    await step("a second factor is asked for, and a wrong code refused", async () => {
      await runClientOk(["serve", "tfa", "add", USER, config], {
        env: { PBS_NEW_TOTP_SECRET: SECRET },
      });
      await logIn(tab, USER, password);
      await tab.shows("Second factor");
      await tab.fill("Code of your app", "000000");
      await tab.press("button", "Confirm");
      await tab.page.waitForSelector("[role=alert]");
      const code = await runPeer("oathtool", ["--totp", "--base32", SECRET]);
      await tab.fill("Code of your app", code.trim());
      await tab.press("button", "Confirm");
      await tab.shows("encrypted");
      await tab.press("button", "Log out");
    });

    await step("a recovery key does as well", async () => {
      const { stdout } = await runClientOk(["serve", "tfa", "recovery", USER, config]);
      await tab.shows("Password");
      await logIn(tab, USER, password);
      await tab.fill("Code of your app, or a recovery key", stdout.split("\n")[0]!);
      await tab.press("button", "Confirm");
      await tab.shows("encrypted");
    });

    // The browser notes each refusal; of anything else there is nothing.
    assertEquals(tab.complaints.filter((line) => !/ 401 | 403 /.test(line)), []);
  },
);

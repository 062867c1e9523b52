import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { runClientOk } from "../support/run_client.ts";
import { ServerProcess } from "../support/server_process.ts";
import { testWithPeers } from "../support/with_peers.ts";
import { Browser, SCREENS, stepsOf, type Tab } from "./browser.ts";
import { findings } from "./findings.ts";

/** Where pictures of the page are left, for people to look at. */
const PICTURES = fromFileUrl(new URL("pictures/", import.meta.url));

async function logIn(tab: Tab, user: string, password: string): Promise<void> {
  await tab.fill("User", user);
  await tab.fill("Password", password);
  await tab.press("button", "Log in");
}

testWithPeers(
  "the jobs of a server are seen, run and followed on its page",
  ["/usr/bin/chromium"],
  async (context) => {
    await using server = await ServerProcess.start();
    const { clientEnvironment: env, dir } = server;
    const config = `--config=${dir.path}/config`;
    const serve = async (...words: string[]) =>
      await runClientOk(["serve", ...words, config], { env: { PBS_NEW_PASSWORD: "password1" } });
    await Deno.mkdir(`${dir.path}/source`);
    for (const time of [100, 200]) {
      await runClientOk(
        ["backup", `a.pxar:${dir.path}/source`, "--backup-id=web", `--backup-time=${time}`],
        { env },
      );
    }
    // An hour that is never the present one: nothing runs by itself meanwhile.
    const hour = (new Date().getHours() + 12) % 24;
    await Deno.writeTextFile(
      `${dir.path}/config/prune.cfg`,
      `prune: nightly\n\tstore store1\n\tschedule ${hour}:30\n\tkeep-last 1\n` +
        "\tcomment <b>two</b> of them stay\n" +
        "prune: paused\n\tstore store1\n\tschedule daily\n\tdisable true\n",
    );
    await Deno.writeTextFile(
      `${dir.path}/config/verification.cfg`,
      "verification: by-hand\n\tstore store1\n",
    );
    await serve("user", "create", "looker@pbs");
    await serve("acl", "update", "/datastore/store1", "DatastoreAudit", "--auth-id=looker@pbs");
    await using browser = await Browser.start();
    await Deno.mkdir(PICTURES, { recursive: true });
    const step = stepsOf(context);
    const tab = await browser.open(`https://127.0.0.1:${server.port}/`);

    await step("they are reached by a key, with schedules and results", async () => {
      await logIn(tab, "admin@pbs", env.PBS_PASSWORD!);
      await tab.shows("Recent tasks");
      await tab.together("g", "j");
      await tab.shows("Prune nightly");
      await tab.shows("<b>two</b> of them stay");
      await tab.shows(`${hour}:30`);
      await tab.shows("disabled");
      await tab.shows("by hand");
    });

    await step("one is run, after a question, by the keyboard", async () => {
      for (let count = 0; (await tab.focused()).name !== "Run Prune nightly now"; count++) {
        if (count > 40) throw new Error("the focus never came to the button");
        await tab.keys("Tab");
      }
      await tab.keys("Enter");
      await tab.shows("Snapshots that no rule of the job keeps are removed for good");
      await tab.press("button", "Run it");
      await tab.shows("Prune nightly was started");
      await tab.page.locator("table.jobs a ::-p-text(done)").click();
      await tab.shows("retention options: --keep-last 1");
      await tab.shows("TASK OK");
    });

    for (const [screen, size] of Object.entries(SCREENS)) {
      await step(`everybody can use it, ${screen}`, async () => {
        await tab.useScreen(size);
        await tab.go("#/jobs");
        await tab.shows("Prune paused");
        await tab.page.screenshot({ path: `${PICTURES}jobs-${screen}.png` });
        assertEquals(await findings(tab), []);
        const tooWide = "document.documentElement.scrollWidth - innerWidth";
        assertEquals(await tab.page.evaluate(tooWide), 0, "it is wider than the screen");
      });
    }

    await step("who may only look sees them, and cannot run them", async () => {
      await tab.useScreen(SCREENS.light);
      await tab.press("button", "Log out");
      await logIn(tab, "looker@pbs", "password1");
      await tab.shows("looker@pbs");
      await tab.shows("Prune paused");
      const run = `[...document.querySelectorAll("table.jobs button")].length`;
      assertEquals(await tab.page.evaluate(run), 0);
      const status = await tab.page.evaluate(`(async () => {
        const session = await (await fetch("/page/session")).json();
        const answer = await fetch("/page/job-run", {
          method: "POST",
          headers: { "csrfpreventiontoken": session.csrfToken, "content-type": "application/json" },
          body: JSON.stringify({ kind: "prune", store: "store1", id: "nightly" }),
        });
        return answer.status;
      })()`);
      assertEquals(status, 403);
    });
    assertEquals(
      tab.complaints.filter((each) => !each.includes("status of 403")),
      [],
    );
  },
);

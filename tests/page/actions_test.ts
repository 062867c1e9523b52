import { assert, assertEquals, assertMatch } from "@std/assert";
import { eventually } from "../support/eventually.ts";
import { testWithPeers } from "../support/with_peers.ts";
import { Browser, stepsOf, type Tab } from "./browser.ts";
import { BrowseProcess, PageWorld } from "./page_world.ts";

/** Times of the snapshots that are there, from the oldest. */
async function timesOf(world: PageWorld): Promise<number[]> {
  const listed = JSON.parse(await world.run(["snapshot", "list", "--output-format=json"]));
  return listed.map((snapshot: Record<string, number>) => snapshot["backup-time"]).sort();
}

/** A time as the page shows it; the tests' browser is in UTC. */
function shown(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 19).replace("T", " ");
}

async function act(tab: Tab, on: string, what: string): Promise<void> {
  await tab.press("button", `Actions on ${on}`);
  await tab.press("menuitem", what);
}

testWithPeers(
  "what is done on the page is asked before, and done to the repository",
  ["/usr/bin/chromium"],
  async (context) => {
    await using world = await PageWorld.make();
    await using served = await BrowseProcess.start(world.repository);
    await using browser = await Browser.start();
    const step = stepsOf(context);
    const [oldest, middle, newest] = world.times;
    const snapshot = (time: number) => `the snapshot of ${shown(time)}`;
    const tab = await browser.open(served.address);
    await tab.press("link", "host/web1");
    await tab.shows(shown(newest));

    await step("notes are written, and shown as text", async () => {
      await act(tab, snapshot(newest), "Notes…");
      await tab.fill("Notes; the first line is shown in lists", "<b>before</b> the move\nmore");
      await tab.press("button", "Save");
      await tab.shows("The notes were saved");
      await tab.shows("<b>before</b> the move");
      const name = `host/web1/${new Date(newest * 1000).toISOString().slice(0, 19)}Z`;
      const notes = await world.run(["snapshot", "notes", "show", name]);
      assertMatch(notes, /<b>before<\/b> the move\nmore/);
    });

    await step("a protected snapshot is marked, and cannot be forgotten", async () => {
      await act(tab, snapshot(middle), "Protect…");
      await tab.press("button", "Protect");
      await tab.shows("The snapshot is protected");
      // The list is asked for anew after that was said.
      await eventually(async () => {
        await tab.press("button", `Actions on ${snapshot(middle)}`);
        const items = await tab.page.$$eval(
          "[role=menuitem]",
          (all) => all.map((each) => each.textContent),
        );
        await tab.keys("Escape");
        assertEquals(items, ["Notes…", "Remove the protection…", "Verify…"]);
      });
    });

    await step("a verification is started, and its log followed", async () => {
      await act(tab, snapshot(newest), "Verify…");
      await tab.press("button", "Start");
      await tab.shows("Verification was started");
      await tab.press("link", "Follow it");
      await tab.shows("TASK OK");
      await tab.page.goBack();
      await tab.shows("verified");
    });

    await step(
      "prune shows what it would do, and changes nothing until it is told to",
      async () => {
        await act(tab, "host/web1", "Prune…");
        for (const rule of ["Daily", "Weekly", "Monthly"]) await tab.fill(rule, "0");
        await tab.shows("Give at least one number above zero.");
        await tab.fill("Last", "1");
        await tab.press("button", "Preview");
        await tab.shows("1 snapshot would be removed");
        const rows = await tab.page.$$eval(
          ".decisions tbody tr",
          (all) =>
            all.map((each) =>
              [...(each as unknown as { cells: { textContent: string }[] }).cells]
                .map(({ textContent }) => textContent)
            ),
        );
        assertEquals(rows, [
          [`${shown(newest)} UTC`, "keep"],
          [`${shown(middle)} UTC`, "keep, protected"],
          [`${shown(oldest)} UTC`, "remove"],
        ]);
        assertEquals(await timesOf(world), [...world.times]);
        await tab.press("button", "Remove 1 snapshot");
        await tab.shows("Prune was started");
        await eventually(async () => assertEquals(await timesOf(world), [middle, newest]));
        await tab.hides(shown(oldest));
      },
    );

    await step("a snapshot is forgotten when that is confirmed", async () => {
      await act(tab, snapshot(newest), "Forget…");
      await tab.shows("cannot be restored afterwards");
      await tab.keys("Escape");
      await tab.hides("cannot be restored afterwards");
      assertEquals(await timesOf(world), [middle, newest]);
      await act(tab, snapshot(newest), "Forget…");
      await tab.press("button", "Forget it");
      await tab.shows("The snapshot was removed");
      assertEquals(await timesOf(world), [middle]);
    });

    await step("a group is forgotten only when its name is typed", async () => {
      await act(tab, "host/web1", "Forget the group…");
      const confirm = await tab.page.waitForSelector("dialog button[type=submit]");
      assert(
        await confirm!.evaluate((button) => (button as unknown as { disabled: boolean }).disabled),
      );
      await tab.fill("Type host/web1 to confirm", "host/web1");
      await tab.press("button", "Forget 1 snapshot");
      await tab.shows("still exists: 1 of its snapshots are protected");
      assertEquals(await timesOf(world), [middle]);
      await tab.keys("Escape");
      await act(tab, snapshot(middle), "Remove the protection…");
      await tab.press("button", "Remove the protection");
      await tab.shows("is not protected any more");
      await act(tab, "host/web1", "Forget the group…");
      await tab.fill("Type host/web1 to confirm", "host/web1");
      await tab.press("button", "Forget 1 snapshot");
      await tab.shows("No backups here yet");
      assertEquals(await timesOf(world), []);
    });

    await step("garbage is collected", async () => {
      await tab.go("#/");
      await act(tab, world.repository, "Collect garbage…");
      await tab.press("button", "Start");
      await tab.shows("Garbage collection was started");
      await tab.press("link", "Follow it");
      await tab.shows("TASK OK");
    });
    // The browser notes each refusal; there was one, that of the group with a protected snapshot.
    assertEquals(tab.complaints.map((line) => line.replace(/^.* status of /, "")), [
      "409 (Conflict)",
    ]);
  },
);

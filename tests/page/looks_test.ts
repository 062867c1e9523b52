import { assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { testWithPeers } from "../support/with_peers.ts";
import { Browser, SCREENS, stepsOf } from "./browser.ts";
import { findings } from "./findings.ts";
import { BrowseProcess, PageWorld } from "./page_world.ts";

/** Where pictures of the page are left, for people to look at. */
const PICTURES = fromFileUrl(new URL("pictures/", import.meta.url));

/** What is looked at: the way there from the view before, and a text that shows when it is there. */
const VIEWS: readonly (readonly [name: string, hash: string, shows: string])[] = [
  ["store", "#/store?store=STORE", "Sum of all snapshots"],
  ["group", "#/group?store=STORE&type=host&id=web1", "Sum of sizes"],
  [
    "files",
    "#/files?store=STORE&type=host&id=web1&time=TIME&archive=root.pxar&path=FILE",
    "Preview",
  ],
  ["search", "#/files?store=STORE&type=host&id=web1&time=TIME&search=conf", "entries with"],
  [
    "versions",
    "#/versions?store=STORE&type=host&id=web1&time=TIME&archive=root.pxar&path=FILE",
    "equal lines",
  ],
  ["tasks", "#/tasks", "Only running"],
  ["nothing", "#/store?store=nowhere", "There is no such datastore"],
];

/** Presses keys on what has the focus before a picture can be drawn. @returns The days they led to. */
const KEYS_WITHIN_A_PICTURE = `async (keys) => {
  const days = [];
  for (const key of keys) {
    document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    // What a key changes is put in place before its event is over.
    for (let turn = 0; turn < 5; turn++) await undefined;
    days.push(document.activeElement.dataset.day);
  }
  return days;
}`;

function keyOf(name: string): string {
  return btoa(name).replaceAll("=", "");
}

testWithPeers(
  "every view can be used by everybody, in light, in dark and on a phone",
  ["/usr/bin/chromium"],
  async (context) => {
    await using world = await PageWorld.make();
    await using served = await BrowseProcess.start(world.repository);
    await using browser = await Browser.start();
    await Deno.mkdir(PICTURES, { recursive: true });
    const tab = await browser.open(served.address);
    await tab.shows("Recent tasks");
    const { stores } = await tab.page.evaluate(
      `fetch("/page/stores").then((answer) => answer.json())`,
    ) as { stores: { store: string }[] };
    const address = (hash: string) =>
      hash.replace("STORE", encodeURIComponent(stores[0]!.store))
        .replace("TIME", String(world.times[2]))
        .replace("FILE", `${keyOf("etc")}/${keyOf("app.conf")}`);
    for (const [screen, size] of Object.entries(SCREENS)) {
      await tab.useScreen(size);
      for (const [view, hash, text] of VIEWS) {
        await context.step(`${view}, ${screen}`, async () => {
          await tab.go(address(hash));
          await tab.shows(text);
          await tab.page.screenshot({ path: `${PICTURES}${view}-${screen}.png` });
          assertEquals(await findings(tab), []);
          const tooWide = "document.documentElement.scrollWidth - innerWidth";
          assertEquals(await tab.page.evaluate(tooWide), 0, "it is wider than the screen");
        });
      }
      await context.step(`a dialog and a menu, ${screen}`, async () => {
        await tab.go(address("#/group?store=STORE&type=host&id=web1"));
        await tab.press("button", "Actions on host/web1");
        assertEquals(await findings(tab), []);
        await tab.press("menuitem", "Prune…");
        await tab.press("button", "Preview");
        await tab.shows("would be removed");
        await tab.page.screenshot({ path: `${PICTURES}prune-${screen}.png` });
        assertEquals(await findings(tab), []);
        await tab.keys("Escape");
      });
    }
    assertEquals(tab.complaints, []);
  },
);

testWithPeers(
  "everything is reached by the keyboard alone",
  ["/usr/bin/chromium"],
  async (context) => {
    await using world = await PageWorld.make();
    await using served = await BrowseProcess.start(world.repository);
    await using browser = await Browser.start();
    const step = stepsOf(context);
    const tab = await browser.open(served.address);
    /** Presses Tab until something has the focus whose name begins so. */
    const tabTo = async (role: string, name: string) => {
      for (let count = 0; count < 80; count++) {
        const focused = await tab.focused();
        if (focused.role === role && focused.name.startsWith(name)) return;
        await tab.keys("Tab");
      }
      throw new Error(`the focus never came to the ${role} "${name}"`);
    };
    await tab.shows("Recent tasks");

    await step("from the datastores to the calendar", async () => {
      await tabTo("link", "host/web1");
      await tab.keys("Enter");
      await tab.shows("Sum of sizes");
    });

    await step("days are chosen by arrows", async () => {
      const day = (index: 0 | 1 | 2) =>
        new Date(world.times[index] * 1000).toISOString().slice(0, 10);
      const name = (index: 0 | 1 | 2) => {
        const options = {
          day: "numeric",
          month: "long",
          year: "numeric",
          timeZone: "UTC",
        } as const;
        const date = new Date(world.times[index] * 1000).toLocaleDateString("en-GB", options);
        return `${date}, 1 snapshot`;
      };
      await tabTo("button", name(2));
      await tab.keys("ArrowLeft", "Enter");
      await tab.shows(`Snapshots of ${day(1)}`);
      assertEquals((await tab.focused()).name, name(1));
      await tab.keys("ArrowRight", "Enter");
      await tab.shows(`Snapshots of ${day(2)}`);
      // A key that comes before the next picture is drawn meets what the last one chose.
      assertEquals(
        await tab.page.evaluate(`(${KEYS_WITHIN_A_PICTURE})(["ArrowLeft", "ArrowLeft"])`),
        [day(1), day(0)],
      );
      await tab.keys("ArrowRight", "ArrowRight");
    });

    await step("a menu opens, moves and closes, and gives the focus back", async () => {
      await tabTo("button", "Actions on the snapshot");
      await tab.keys("Enter");
      assertEquals((await tab.focused()).name, "Notes…");
      await tab.keys("ArrowDown");
      assertEquals((await tab.focused()).name, "Protect…");
      await tab.keys("Enter");
      await tab.shows("It can be neither pruned nor forgotten");
      // The focus stays in the dialog, however often one goes on.
      for (let count = 0; count < 6; count++) {
        await tab.keys("Tab");
        const inside = "document.activeElement === document.body || " +
          "document.activeElement.closest('dialog') !== null";
        assertEquals(await tab.page.evaluate(inside), true);
      }
      await tab.keys("Escape");
      await tab.hides("It can be neither pruned nor forgotten");
    });

    await step("the tree of files is walked by arrows", async () => {
      await tab.together("g", "d");
      await tab.shows("Recent tasks");
      await tab.page.goBack();
      await tabTo("link", `${new Date(world.times[2] * 1000).getUTCFullYear()}-`);
      await tab.keys("Enter");
      await tab.shows("Choose an entry");
      await tabTo("row", "data.bin");
      await tab.keys("ArrowDown", "ArrowRight");
      await tab.shows("nginx");
      await tab.keys("ArrowRight");
      assertEquals((await tab.focused()).name.split(" ")[0], "app.conf");
      await tab.keys("Enter");
      await tab.shows("setting 0 = on");
      assertEquals((await tab.focused()).name.split(" ")[0], "app.conf");
      await tab.keys("p");
      assertEquals((await tab.focused()).name.split(" ")[0], "pictures");
      await tab.keys("Home", "ArrowDown", "ArrowLeft");
      await tab.hides("nginx");
    });

    await step("the keys are listed, and the search has one", async () => {
      await tab.keys("?");
      await tab.shows("In the tree of files");
      await tab.keys("Escape");
      await tab.hides("In the tree of files");
      await tab.keys("/");
      assertEquals((await tab.focused()).role, "searchbox");
    });
    assertEquals(tab.complaints, []);
  },
);

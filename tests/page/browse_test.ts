import { assert, assertEquals, assertMatch } from "@std/assert";
import { eventually } from "../support/eventually.ts";
import { runPeer } from "../support/run_peer.ts";
import { testWithPeers } from "../support/with_peers.ts";
import { Browser, stepsOf, type Tab } from "./browser.ts";
import { BrowseProcess, HOSTILE_NAMES, PageWorld } from "./page_world.ts";

/** Entries of the large folder. */
const MANY = 100_000;

/** Names in the rows that are drawn, from top to bottom. */
async function drawnNames(tab: Tab): Promise<string[]> {
  return await tab.page.evaluate(`
    [...document.querySelectorAll(".tree-row")]
      .sort((a, b) => a.ariaRowIndex - b.ariaRowIndex)
      .map((row) => row.querySelector(".tree-name > .name")?.textContent ?? "")
  `) as string[];
}

async function pressArchive(tab: Tab, name: string): Promise<void> {
  await tab.page.locator(`.archive-tabs a ::-p-text(${name})`).click();
}

async function pressRow(tab: Tab, name: string): Promise<void> {
  const row = `[...document.querySelectorAll(".tree-row")]
    .find((row) => row.querySelector(".tree-name > .name")?.textContent === ${
    JSON.stringify(name)
  })`;
  for (let attempt = 1;; attempt++) {
    const handle = await tab.page.waitForFunction(row);
    await (handle as unknown as { click(): Promise<void> }).click();
    try {
      await tab.page.waitForFunction(`${row}?.ariaSelected === "true"`, { timeout: 10_000 });
      return;
    } catch (error) {
      // Rows that came above it have moved it away from under the pointer.
      if (attempt === 3) throw error;
    }
  }
}

/** What a link that saves something saves. */
async function download(
  browser: Browser,
  tab: Tab,
  link: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const folder = `${browser.profile.path}/downloads`;
  await Deno.remove(folder, { recursive: true }).catch(() => {});
  await tab.press("link", link);
  return await eventually(async () => {
    const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
    assertEquals(names.length, 1);
    assert(!names[0]!.endsWith(".crdownload"), "it is not whole yet");
    return await Deno.readFile(`${folder}/${names[0]}`);
  });
}

testWithPeers(
  "a repository is looked into in the browser, and its files are saved byte for byte",
  ["/usr/bin/chromium", "tar", "python3"],
  async (context) => {
    await using world = await PageWorld.make(MANY);
    await using served = await BrowseProcess.start(world.repository);
    await using browser = await Browser.start();
    const origin = new URL(served.address).origin;
    const step = stepsOf(context);

    await step("nothing is answered without the token, which is good once", async () => {
      for (const path of ["/", "/page/page.js", "/page/session", "/page/stores", "/?token=x"]) {
        const answer = await fetch(`${origin}${path}`, { redirect: "manual" });
        assertEquals([path, answer.status], [path, 401]);
        await answer.body?.cancel();
      }
    });
    const tab = await browser.open(served.address);
    await step("the address is the page's, and the token has gone from it", async () => {
      await tab.shows("Recent tasks");
      assertEquals(tab.page.url(), `${origin}/`);
      const again = await fetch(served.address, { redirect: "manual" });
      assertEquals(again.status, 401);
      await again.body?.cancel();
    });

    await step("from the datastore to the files, and back again", async () => {
      await tab.shows("Growth");
      await tab.press("link", "host/web1");
      await tab.shows("Snapshots");
      assertMatch(await tab.text(), /one every 24 hours is usual/);
      const rows = await tab.page.$$(".snapshots tbody tr");
      assertEquals(rows.length, 3);
      await tab.page.locator(".snapshots tbody tr:first-child a").click();
      await tab.shows("Choose an entry");
      await pressArchive(tab, "root.pxar");
      await eventually(async () => {
        const names = ["data.bin", "etc", "link", "names", "pictures"];
        assertEquals(await drawnNames(tab), names);
      });
      await pressRow(tab, "etc");
      await tab.shows("nginx");
      for (let back = 0; back < 3; back++) await tab.page.goBack();
      await tab.shows("one every 24 hours");
      await tab.page.goForward();
      await tab.shows("Choose an entry");
    });

    await step("a search leads to the entry in the tree", async () => {
      await tab.fill("Search names in this snapshot", "*.conf");
      await tab.keys("Enter");
      await tab.shows("3 entries with *.conf");
      await tab.press("link", "nginx.conf");
      await tab.shows("listen 443 ssl;");
      await eventually(async () => assert((await drawnNames(tab)).includes("nginx.conf")));
    });

    await step("text, picture and bytes are shown", async () => {
      await pressRow(tab, "pictures");
      await pressRow(tab, "dot.png");
      await tab.page.waitForFunction(
        `document.querySelector(".preview-image")?.naturalWidth === 2`,
      );
      await tab.press("button", "Bytes");
      await tab.shows("00000000  89 50 4e 47 0d 0a 1a 0a");
      await pressRow(tab, "data.bin");
      await tab.shows("00000000  00 07 0e 15 1c 23 2a 31  38 3f");
    });

    await step("a file and folders are saved as they are", async () => {
      const bytes = await download(browser, tab, "Download");
      assertEquals(bytes, await Deno.readFile(`${world.source}/data.bin`));
      await pressRow(tab, "etc");
      const extract = async (archive: string, command: string, args: readonly string[]) => {
        const folder = `${world.dir.path}/${archive}-out`;
        await Deno.mkdir(folder);
        await Deno.writeFile(`${folder}.file`, await download(browser, tab, archive));
        await runPeer(command, [
          ...args,
          `${folder}.file`,
          ...command === "tar" ? ["-C"] : [],
          folder,
        ]);
        return (await new Deno.Command("diff", {
          args: ["-r", `${world.source}/etc`, `${folder}/etc`],
        })
          .output()).code;
      };
      assertEquals(await extract("tar", "tar", ["-xf"]), 0);
      assertEquals(await extract("zip", "python3", ["-m", "zipfile", "-e"]), 0);
    });

    await step("two versions stand side by side", async () => {
      await pressRow(tab, "app.conf");
      await tab.press("link", "Versions");
      await tab.shows("equal lines");
      const sides = await tab.page.evaluate(`
        [".removed", ".added"].map((side) =>
          [...document.querySelectorAll(".diff " + side)].map((cell) => cell.lastChild.textContent))
      `);
      assertEquals(sides, [["setting 50 = on", "setting 70 = on"], ["setting 50 = off"]]);
      await tab.page.goBack();
    });

    await step("names are text, whatever is in them", async () => {
      await pressRow(tab, "names");
      await tab.shows("raw bytes");
      const names = await drawnNames(tab);
      for (const [, shown] of HOSTILE_NAMES) assert(names.includes(shown), shown);
      assert(names.includes("raw\ufffd\ufffd"));
      assertEquals(await tab.page.$$("#app img"), []);
      await pressRow(tab, HOSTILE_NAMES[0]![1]);
      await tab.shows("-rw-r--r--");
      assertMatch(await tab.page.title(), /^2\d{3}-/);
    });

    await step("a folder of 100,000 entries scrolls", async () => {
      await pressArchive(tab, "many.pxar");
      await pressRow(tab, "many");
      await tab.shows("100,001 rows open");
      await tab.keys("End");
      await tab.page.waitForFunction(
        `document.activeElement?.textContent.includes("file-${MANY - 1}")`,
      );
      await tab.page.evaluate(
        `document.querySelector(".tree-rows").scrollTop = document.querySelector(".tree-rows").scrollHeight / 2`,
      );
      await tab.page.waitForFunction(
        `[...document.querySelectorAll(".tree-row .name")].some((name) => /file-[45]\\d{4}/.test(name.textContent))`,
      );
      const drawn = Number(
        await tab.page.evaluate(`document.querySelectorAll(".tree-row").length`),
      );
      assert(drawn < 100, `${drawn} rows are drawn`);
    });

    await step("an archive that is no tree is shown as well", async () => {
      await pressArchive(tab, "settings.conf");
      await tab.shows("single file");
      await tab.shows("setting 199 = on");
    });
    assertEquals(tab.complaints, []);
  },
);

import { Browser, type Tab } from "../../tests/page/browser.ts";
import { BrowseProcess } from "../../tests/support/page_client.ts";

/** What took how long on the page. */
export interface PageJob {
  readonly job: string;
  readonly seconds: number;
}

/** What is looked at on the page. */
export interface PageBenchmark {
  /** How pbs-client is started, and its environment. */
  readonly program: string;
  readonly env: Record<string, string>;
  /** Group, e.g. `host/web1`, whose newest snapshot it is. */
  readonly group: string;
  /** Archive with a folder of many entries at its top. */
  readonly archive: string;
  readonly folder: string;
  /** First name in the folder, and last name of the archive once the folder is open. */
  readonly first: string;
  readonly last: string;
  /** Parts of names that few entries have, each searched once. */
  readonly searched: readonly string[];
}

/**
 * Looks at the page of `browse` with a headless browser that has started: the first picture, a large
 * folder, its end, searches. A job ends when what it shows can be seen.
 */
export async function timePage(options: PageBenchmark): Promise<PageJob[]> {
  await using browse = await BrowseProcess.start(options.env, [], [options.program]);
  await using browser = await Browser.start();
  const jobs: PageJob[] = [];
  const time = async <T>(job: string, run: () => Promise<T>): Promise<T> => {
    const started = performance.now();
    const result = await run();
    jobs.push({ job: `page: ${job}`, seconds: (performance.now() - started) / 1000 });
    return result;
  };
  const tab = await time("first picture", async () => {
    const opened = await browser.open(browse.url.href);
    await opened.shows(options.group);
    return opened;
  });
  await openArchive(tab, options);
  await time("folder of 100,000 entries", async () => {
    await pressRow(tab, options.folder);
    await tab.page.waitForFunction(rowNamed(options.first));
  });
  await time("the end of it", async () => {
    await tab.keys("End");
    const last = JSON.stringify(options.last);
    await tab.page.waitForFunction(`document.activeElement?.textContent.includes(${last})`);
  });
  for (const text of options.searched) {
    await tab.fill("Search names in this snapshot", text);
    await time(`search of ${text}`, async () => {
      await tab.keys("Enter");
      await tab.shows(`with ${text}`);
    });
    await tab.press("link", "Back to the tree");
  }
  return jobs;
}

/** Goes from the list of groups to the top of an archive. */
async function openArchive(tab: Tab, { group, archive, folder }: PageBenchmark): Promise<void> {
  await tab.press("link", group);
  await tab.shows("Snapshots");
  await tab.page.locator(".snapshots tbody tr:first-child a").click();
  await tab.shows("Choose an entry");
  await tab.page.locator(`.archive-tabs a ::-p-text(${archive})`).click();
  await tab.page.waitForFunction(rowNamed(folder));
}

async function pressRow(tab: Tab, name: string): Promise<void> {
  const row = await tab.page.waitForFunction(rowNamed(name));
  await (row as unknown as { click(): Promise<void> }).click();
}

/** An expression of the browser: the row of the tree with a name. */
function rowNamed(name: string): string {
  return `[...document.querySelectorAll(".tree-row")].find((row) =>
    row.querySelector(".tree-name > .name")?.textContent === ${JSON.stringify(name)})`;
}

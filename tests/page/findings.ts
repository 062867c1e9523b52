import axe from "axe-core";
import type { Tab } from "./browser.ts";

/** What axe finds that keeps people out, as lines. */
export async function findings(tab: Tab): Promise<string[]> {
  await tab.page.evaluate(axe.source);
  const { violations } = await tab.page.evaluate("axe.run()") as axe.AxeResults;
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`));
}

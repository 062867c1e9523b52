import { PageAssets } from "../page/mod.ts";
import type { Finding } from "./finding.ts";

const PART = "page";

/** Whether the page that `browse` and `serve` show was built. */
export function checkPage(): Finding {
  const missing = PageAssets.missingFiles();
  if (missing.length > 0) {
    const detail = `without ${missing.join(", ")}; build it with scripts/build_page.ts`;
    return { part: PART, verdict: "bad", detail };
  }
  return { part: PART, verdict: "good", detail: "all files are there" };
}

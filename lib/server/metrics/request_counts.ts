import type { MetricSample } from "../../metrics/mod.ts";

/** Methods that are told apart: a stranger may send any word. */
const METHODS: readonly string[] = ["GET", "POST", "PUT", "DELETE", "HEAD"];

/** The number of requests since the server started, by method and hundred of the status. */
export class RequestCounts {
  readonly #counts = new Map<string, { labels: Record<string, string>; value: number }>();

  /** Counts a request. */
  add(method: string, status: number): void {
    const labels = {
      method: METHODS.includes(method) ? method : "other",
      code: `${Math.floor(status / 100)}xx`,
    };
    const key = `${labels.method} ${labels.code}`;
    const count = this.#counts.get(key);
    if (count === undefined) this.#counts.set(key, { labels, value: 1 });
    else count.value++;
  }

  /** All counts so far. */
  samples(): MetricSample[] {
    return [...this.#counts.values()].map(({ labels, value }) => ({ labels, value }));
  }
}

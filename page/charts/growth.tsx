import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { PageGrowth } from "../../lib/page/page_api.ts";
import { Await } from "../parts/await.tsx";
import { Moment } from "../parts/moment.tsx";
import { look } from "../requests/send_request.ts";
import { useLoad } from "../state/use_load.ts";
import { formatSize } from "../text/sizes.ts";
import { Plot } from "./plot.tsx";

/** Milliseconds until what is being measured is asked for again. */
const AGAIN_MS = 4000;

/** How a datastore has grown: all its snapshots, and what of them is stored once. */
export function Growth({ store }: { readonly store: string }): JSX.Element {
  const [isMeasuring, setMeasuring] = useState(true);
  const loaded = useLoad(`growth ${store}`, async (signal) => {
    const growth = await look("growth", { store }, signal);
    setMeasuring(growth.isMeasuring);
    return growth;
  }, isMeasuring ? AGAIN_MS : undefined);
  return (
    <section class="card growth" aria-labelledby="growth-title">
      <h2 id="growth-title">Growth</h2>
      <Await of={loaded} what="the growth" lines={6}>
        {(growth) => <Plots growth={growth} />}
      </Await>
    </section>
  );
}

function Plots({ growth }: { readonly growth: PageGrowth }): JSX.Element {
  const { points } = growth;
  if (points.length === 0) return <p class="faint">There are no snapshots yet.</p>;
  const distinct = points.filter(({ distinctBytes }) => distinctBytes !== undefined);
  return (
    <>
      <div class="plots">
        <Plot
          title="Sum of all snapshots"
          tone="first"
          points={points.map(({ time, logicalBytes }) => ({ time, value: logicalBytes }))}
        />
        {distinct.length > 0 && (
          <Plot
            title="Different data among them"
            tone="second"
            points={distinct.map(({ time, distinctBytes }) => ({ time, value: distinctBytes! }))}
          />
        )}
      </div>
      {growth.isMeasuring && (
        <p class="faint" role="status">The different data is being measured…</p>
      )}
      {growth.notMeasured && <p class="faint">{growth.notMeasured}</p>}
      <details class="as-table">
        <summary>As a table</summary>
        <div class="scrolls" tabIndex={0} role="group" aria-label="Growth as a table">
          <table class="table">
            <thead>
              <tr>
                <th scope="col">Time</th>
                <th scope="col" class="number">Snapshots</th>
                <th scope="col" class="number">Sum</th>
                <th scope="col" class="number">Different data</th>
              </tr>
            </thead>
            <tbody>
              {points.map((point) => (
                <tr key={point.time}>
                  <td>
                    <Moment seconds={point.time} />
                  </td>
                  <td class="number">{point.snapshots.toLocaleString("en")}</td>
                  <td class="number">{formatSize(point.logicalBytes)}</td>
                  <td class="number">
                    {point.distinctBytes === undefined ? "" : formatSize(point.distinctBytes)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </>
  );
}

import type { JSX } from "preact";
import type { PageStore } from "../../lib/page/page_api.ts";
import { Figure } from "../parts/figure.tsx";
import { Meter } from "../parts/meter.tsx";
import { Moment } from "../parts/moment.tsx";
import { formatCount, formatShare, formatSize } from "../text/sizes.ts";

/** The numbers of a datastore: space, what is stored, deduplication. */
export function StoreFigures({ store }: { readonly store: PageStore }): JSX.Element {
  const { space, contents } = store;
  const used = space && space.totalBytes > 0 ? space.usedBytes / space.totalBytes : undefined;
  return (
    <dl class="figures">
      <Figure
        name="Space used"
        value={space && used !== undefined ? formatShare(used) : "not known"}
      >
        {space && used !== undefined && (
          <>
            <Meter share={used} label="Space used" />
            {formatSize(space.availableBytes)} free of {formatSize(space.totalBytes)}
          </>
        )}
      </Figure>
      <Figure name="Stored" value={contents ? formatSize(contents.storedBytes) : "not counted"}>
        {contents
          ? (
            <>
              {formatCount(contents.chunks, "chunk")}
              {contents.countedAt !== undefined && (
                <>
                  ,{" "}
                  <span class="phrase">
                    counted <Moment seconds={contents.countedAt} as="age" />
                  </span>
                </>
              )}
            </>
          )
          : "a garbage collection counts it"}
      </Figure>
      <Figure
        name="Deduplication"
        value={contents?.deduplication ? `${contents.deduplication.toFixed(1)} ×` : "–"}
      >
        {contents && `${formatSize(contents.logicalBytes)} without it`}
      </Figure>
    </dl>
  );
}

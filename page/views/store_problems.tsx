import type { JSX } from "preact";
import type { PageStore } from "../../lib/page/page_api.ts";
import { Badge } from "../parts/badge.tsx";
import { Name } from "../parts/name.tsx";

/** Why a datastore cannot be used as usual. */
export function StoreProblems({ store }: { readonly store: PageStore }): JSX.Element {
  return (
    <>
      {store.maintenance && (
        <p>
          <Badge tone="warn" icon="warning">maintenance</Badge> <Name text={store.maintenance} />
        </p>
      )}
      {store.problem && (
        <p>
          <Badge tone="bad" icon="warning">problem</Badge> <Name text={store.problem} />
        </p>
      )}
    </>
  );
}

import type { JSX } from "preact";
import type { PageStore } from "../../lib/page/page_api.ts";
import { Await, Empty } from "../parts/await.tsx";
import { Badge } from "../parts/badge.tsx";
import { Icon } from "../parts/icon.tsx";
import { Link } from "../parts/link.tsx";
import { Name } from "../parts/name.tsx";
import { useStores } from "../state/use_stores.ts";
import { StoreFigures } from "./store_figures.tsx";
import { StoreProblems } from "./store_problems.tsx";
import { Store } from "./store_view.tsx";
import { TaskList } from "./task_list.tsx";

/** All datastores, and what goes on in them; a single one is shown whole. */
export function StoresView(): JSX.Element {
  const stores = useStores();
  return (
    <Await of={stores} what="the datastores" lines={6}>
      {(all) => {
        if (all.length === 0) {
          return (
            <Empty title="There is no datastore to see">
              <p>The server has none, or this account has no rights on any of them.</p>
            </Empty>
          );
        }
        return all.length === 1
          ? <Store key={all[0]!.store} store={all[0]!} ns="" />
          : <StoreCards stores={all} />;
      }}
    </Await>
  );
}

function StoreCards({ stores }: { readonly stores: readonly PageStore[] }): JSX.Element {
  return (
    <>
      <div class="store-cards">
        {stores.map((store) => <StoreCard key={store.store} store={store} />)}
      </div>
      <section class="card" aria-labelledby="recent-tasks">
        <header class="part-head">
          <h2 id="recent-tasks">Recent tasks</h2>
          <Link to={{ view: "tasks" }}>All tasks</Link>
        </header>
        <TaskList limit={8} />
      </section>
    </>
  );
}

function StoreCard({ store }: { readonly store: PageStore }): JSX.Element {
  return (
    <article class="card store-card">
      <header class="part-head">
        <h2>
          <Link to={{ view: "store", store: store.store, ns: "" }} class="cover">
            <Name text={store.name} />
          </Link>
        </h2>
        {store.isInBucket && <Badge>in a bucket</Badge>}
        <Icon name="chevron" />
      </header>
      {store.comment && (
        <p class="faint">
          <Name text={store.comment} />
        </p>
      )}
      <StoreProblems store={store} />
      <StoreFigures store={store} />
    </article>
  );
}

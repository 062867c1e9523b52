import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { PageGroup, PageStore } from "../../lib/page/page_api.ts";
import { CollectGarbage, Verify } from "../actions/confirm_actions.tsx";
import { Growth } from "../charts/growth.tsx";
import { Await, Empty, Failure } from "../parts/await.tsx";
import { Badge } from "../parts/badge.tsx";
import { Link } from "../parts/link.tsx";
import { Menu, type MenuItem } from "../parts/menu.tsx";
import { Moment } from "../parts/moment.tsx";
import { Name } from "../parts/name.tsx";
import { PageError } from "../requests/page_error.ts";
import { look } from "../requests/send_request.ts";
import { show } from "../state/route.ts";
import { useLoad } from "../state/use_load.ts";
import { useStores } from "../state/use_stores.ts";
import { formatSpan } from "../text/dates.ts";
import { safeText } from "../text/safe_text.ts";
import { formatCount, formatSize } from "../text/sizes.ts";
import { StoreFigures } from "./store_figures.tsx";
import { StoreProblems } from "./store_problems.tsx";
import { TaskList } from "./task_list.tsx";

/** A datastore: its numbers, its groups, how it grew, and what goes on in it. */
export function StoreView(
  { store, ns }: { readonly store: string; readonly ns: string },
): JSX.Element {
  const stores = useStores();
  return (
    <Await of={stores} what="the datastore" lines={6}>
      {(all) => {
        const found = all.find((each) => each.store === store);
        if (found === undefined) {
          const error = new PageError("not-found", "There is no such datastore that may be seen");
          return <Failure error={error} again={stores.again} />;
        }
        return <Store key={store} store={found} ns={ns} />;
      }}
    </Await>
  );
}

/** The parts of a datastore's view. */
export function Store(
  { store, ns }: { readonly store: PageStore; readonly ns: string },
): JSX.Element {
  const [asks, setAsks] = useState<"gc" | "verify">();
  const key = { store: store.store, ns };
  const groups = useLoad(
    `groups ${JSON.stringify(key)}`,
    async (signal) => (await look("groups", key, signal)).groups,
    30_000,
  );
  const items: MenuItem[] = [];
  if (groups.value?.some(({ rights }) => rights.verify)) {
    items.push({ text: "Verify all snapshots…", icon: "check", act: () => setAsks("verify") });
  }
  if (store.mayCollectGarbage) {
    items.push({ text: "Collect garbage…", icon: "trash", act: () => setAsks("gc") });
  }
  const close = () => setAsks(undefined);
  return (
    <>
      <section class="card" aria-labelledby="store-title">
        <header class="part-head">
          <h2 id="store-title">
            <Name text={store.name} />
          </h2>
          {store.isInBucket && <Badge>in a bucket</Badge>}
          <Menu label={`Actions on ${safeText(store.name)}`} text="Actions" items={items} />
        </header>
        {store.comment && (
          <p class="faint">
            <Name text={store.comment} />
          </p>
        )}
        <StoreProblems store={store} />
        <StoreFigures store={store} />
      </section>
      <section class="card" aria-labelledby="groups-title">
        <header class="part-head">
          <h2 id="groups-title">Groups</h2>
          <Namespaces store={store.store} ns={ns} />
        </header>
        <Await of={groups} what="the groups" lines={5}>
          {(list) => <Groups groups={list} place={key} />}
        </Await>
      </section>
      <Growth store={store.store} />
      <section class="card" aria-labelledby="store-tasks">
        <header class="part-head">
          <h2 id="store-tasks">Recent tasks</h2>
          <Link to={{ view: "tasks", store: store.store }}>All tasks</Link>
        </header>
        <TaskList store={store.store} limit={6} />
      </section>
      {asks === "gc" && <CollectGarbage store={store.store} name={store.name} onClose={close} />}
      {asks === "verify" && (
        <Verify
          what={ns === "" ? store.name : `${store.name}, namespace ${ns}`}
          target={key}
          onClose={close}
        />
      )}
    </>
  );
}

function Namespaces(
  { store, ns }: { readonly store: string; readonly ns: string },
): JSX.Element | null {
  const loaded = useLoad(
    `namespaces ${store}`,
    async (signal) => (await look("namespaces", { store }, signal)).namespaces,
  );
  const all = loaded.value ?? [];
  if (all.length < 2 && ns === "") return null;
  return (
    <label class="inline-field">
      <span>Namespace</span>
      <select
        value={ns}
        onChange={(event) => show({ view: "store", store, ns: event.currentTarget.value })}
      >
        {all.some((each) => each.ns === "") ? null : <option value="">root</option>}
        {all.map((each) => (
          <option key={each.ns} value={each.ns}>
            {each.ns === "" ? "root" : safeText(each.ns)}
          </option>
        ))}
      </select>
    </label>
  );
}

function Groups(
  { groups, place }: {
    readonly groups: readonly PageGroup[];
    readonly place: { readonly store: string; readonly ns: string };
  },
): JSX.Element {
  const [filter, setFilter] = useState("");
  if (groups.length === 0) {
    return (
      <Empty title="No backups here yet">
        <p>
          Groups appear with the first backup: <code>pbs-client backup root.pxar:/</code>
        </p>
      </Empty>
    );
  }
  const wanted = filter.toLowerCase();
  const shown = groups.filter(({ type, id, comment }) =>
    `${type}/${id} ${comment ?? ""}`.toLowerCase().includes(wanted)
  );
  return (
    <>
      {groups.length > 8 && (
        <input
          type="search"
          class="filter"
          placeholder={`Filter ${groups.length} groups`}
          aria-label="Filter the groups"
          value={filter}
          onInput={(event) => setFilter(event.currentTarget.value)}
        />
      )}
      <table class="table groups">
        <thead>
          <tr>
            <th scope="col">Group</th>
            <th scope="col">Newest</th>
            <th scope="col">State</th>
            <th scope="col" class="number">Snapshots</th>
            <th scope="col" class="number wide-only">Size</th>
            <th scope="col" class="wide-only">Owner</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((group) => (
            <tr key={`${group.type}/${group.id}`}>
              <td>
                <Link
                  to={{ view: "group", group: { ...place, type: group.type, id: group.id } }}
                  class="strong"
                >
                  <Name text={`${group.type}/${group.id}`} />
                </Link>
                {group.comment && (
                  <div class="faint clip">
                    <Name text={group.comment} />
                  </div>
                )}
              </td>
              <td>
                <Moment seconds={group.newest} as="age" />
              </td>
              <td class="badges">
                <GroupState group={group} />
              </td>
              <td class="number">{group.count.toLocaleString("en")}</td>
              <td class="number wide-only">{formatSize(group.sizeBytes)}</td>
              <td class="faint wide-only">
                <Name text={group.owner ?? ""} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {shown.length === 0 && <p class="faint">No group has “{filter}” in its name.</p>}
    </>
  );
}

/** Whether a group is on time, and sound. */
export function GroupState({ group }: { readonly group: PageGroup }): JSX.Element {
  const { expectedSeconds, isLate, damaged, verified, count } = group;
  return (
    <>
      {damaged > 0 && (
        <Badge tone="bad" icon="warning">{formatCount(damaged, "damaged", "damaged")}</Badge>
      )}
      {isLate
        ? <Badge tone="warn" icon="clock" title={expectedText(expectedSeconds)}>late</Badge>
        : expectedSeconds !== undefined && (
          <Badge tone="good" title={expectedText(expectedSeconds)}>on time</Badge>
        )}
      {damaged === 0 && verified > 0 && (
        <Badge tone={verified === count ? "good" : "plain"} icon="check">
          {verified === count ? "all verified" : `${verified} of ${count} verified`}
        </Badge>
      )}
    </>
  );
}

/** What is expected of a group, in words. */
export function expectedText(seconds: number | undefined): string {
  return seconds === undefined ? "" : `Usually there is one every ${formatSpan(seconds)}`;
}

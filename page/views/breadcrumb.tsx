import type { JSX } from "preact";
import { Link } from "../parts/link.tsx";
import { Name } from "../parts/name.tsx";
import type { Group, Route } from "../state/route.ts";
import { storeNames } from "../state/store_names.ts";
import { useLoad } from "../state/use_load.ts";
import { askStores } from "../state/use_stores.ts";
import { formatTime } from "../text/dates.ts";
import { readablePath } from "../versions/versions_view.tsx";

interface Crumb {
  readonly text: string;
  readonly to: Route;
}

function groupCrumbs(group: Group): Crumb[] {
  return [
    ...storeCrumbs(group.store, group.ns),
    { text: `${group.type}/${group.id}`, to: { view: "group", group } },
  ];
}

function storeCrumbs(store: string, ns: string): Crumb[] {
  const crumbs: Crumb[] = [{
    text: storeNames.value.get(store) ?? store,
    to: { view: "store", store, ns: "" },
  }];
  if (ns !== "") crumbs.push({ text: ns, to: { view: "store", store, ns } });
  return crumbs;
}

/** The places that lead to what is shown, and it itself. */
export function crumbsOf(route: Route): Crumb[] {
  const top: Crumb = { text: "Datastores", to: { view: "stores" } };
  switch (route.view) {
    case "stores":
      return [top];
    case "store":
      return [top, ...storeCrumbs(route.store, route.ns)];
    case "group":
      return [top, ...groupCrumbs(route.group)];
    case "files":
    case "versions": {
      const { time: _time, ...group } = route.snapshot;
      const files: Crumb = {
        text: formatTime(route.snapshot.time),
        to: { view: "files", snapshot: route.snapshot },
      };
      const crumbs = [top, ...groupCrumbs(group), files];
      if (route.view === "versions") {
        const name = route.path === "" ? route.archive : readablePath(route.path);
        crumbs.push({ text: `Versions of ${name}`, to: route });
      }
      return crumbs;
    }
    case "jobs":
      return [{ text: "Jobs", to: { view: "jobs" } }];
    case "tasks":
      return [{ text: "Tasks", to: { view: "tasks" } }];
    case "task":
      return [{ text: "Tasks", to: { view: "tasks" } }, { text: "Log", to: route }];
  }
}

function storeOf(route: Route): string | undefined {
  if ("store" in route) return route.store;
  if ("group" in route) return route.group.store;
  return "snapshot" in route ? route.snapshot.store : undefined;
}

/** The way to what is shown. */
export function Breadcrumb({ route }: { readonly route: Route }): JSX.Element {
  const store = storeOf(route);
  // An address that was kept leads here without a look at the datastores.
  useLoad(`name of ${store}`, async (signal) => {
    if (store !== undefined && !storeNames.value.has(store)) await askStores(signal);
    return true;
  });
  const crumbs = crumbsOf(route);
  return (
    <nav class="crumbs" aria-label="You are here">
      <ol>
        {crumbs.map(({ text, to }, index) => (
          <li key={index}>
            <Link to={to} current={index === crumbs.length - 1}>
              <Name text={text} />
            </Link>
          </li>
        ))}
      </ol>
    </nav>
  );
}

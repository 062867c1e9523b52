import { signal } from "@preact/signals";
import type { PageGroupQuery, PageSnapshotQuery } from "../../lib/page/page_api.ts";

/** What is shown, as the address says it. */
export type Route =
  | { readonly view: "stores" }
  | { readonly view: "store"; readonly store: string; readonly ns: string }
  | { readonly view: "group"; readonly group: Group; readonly day?: string }
  | FilesRoute
  | VersionsRoute
  | { readonly view: "tasks"; readonly store?: string }
  | { readonly view: "jobs" }
  | { readonly view: "task"; readonly store: string; readonly upid: string };

/** A group with its place. */
export type Group = Required<PageGroupQuery>;

/** A snapshot with its place. */
export type Snapshot = Required<PageSnapshotQuery>;

/** The files of a snapshot. */
export interface FilesRoute {
  readonly view: "files";
  readonly snapshot: Snapshot;
  readonly archive?: string;
  /** Keys of the entry that is selected. */
  readonly path?: string;
  /** What is searched for. */
  readonly search?: string;
}

/** Versions of an entry, two of them side by side. */
export interface VersionsRoute {
  readonly view: "versions";
  readonly snapshot: Snapshot;
  readonly archive: string;
  readonly path: string;
  /** Times of the snapshots that are compared. */
  readonly left?: number;
  readonly right?: number;
}

function readGroup(values: URLSearchParams): Group {
  const value = (name: string) => values.get(name) ?? "";
  return { store: value("store"), ns: value("ns"), type: value("type"), id: value("id") };
}

function readNumber(values: URLSearchParams, name: string): number | undefined {
  const text = values.get(name);
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** What an address shows; one that makes no sense shows the datastores. */
export function routeOf(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const values = new URLSearchParams(query);
  const text = (name: string) => values.get(name) ?? undefined;
  const time = readNumber(values, "time") ?? 0;
  switch (path) {
    case "store":
      return { view: "store", store: text("store") ?? "", ns: text("ns") ?? "" };
    case "group":
      return defined({ view: "group", group: readGroup(values), day: text("day") });
    case "files":
      return defined({
        view: "files",
        snapshot: { ...readGroup(values), time },
        archive: text("archive"),
        path: text("path"),
        search: text("search"),
      });
    case "versions":
      return defined({
        view: "versions",
        snapshot: { ...readGroup(values), time },
        archive: text("archive") ?? "",
        path: text("path") ?? "",
        left: readNumber(values, "left"),
        right: readNumber(values, "right"),
      });
    case "tasks":
      return defined({ view: "tasks", store: text("store") });
    case "jobs":
      return { view: "jobs" };
    case "task":
      return { view: "task", store: text("store") ?? "", upid: text("upid") ?? "" };
    default:
      return { view: "stores" };
  }
}

type Defined<T> = { [Key in keyof T]: Exclude<T[Key], undefined> };

/** The object without members that are `undefined`. */
function defined<T extends object>(value: T): Defined<T> {
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(entries) as Defined<T>;
}

/** Address of what is shown, to be used in links. */
export function hashOf(route: Route): string {
  const values = new URLSearchParams();
  const add = (members: object) => {
    for (const [name, value] of Object.entries(members)) {
      // The empty path is the top of a tree, no path is nothing that was chosen.
      if (name === "view" || value === undefined || (value === "" && name !== "path")) continue;
      if (typeof value === "object") add(value);
      else values.set(name, String(value));
    }
  };
  add(route);
  const text = values.toString();
  return `#/${route.view === "stores" ? "" : route.view}${text && "?"}${text}`;
}

/** What is shown now. */
export const route = signal<Route>(routeOf(globalThis.location?.hash ?? ""));

/** Follows the address from now on. */
export function followAddress(): void {
  addEventListener("hashchange", () => {
    route.value = routeOf(location.hash);
  });
}

/** Shows something else; `replace` leaves no step in the history of the browser. */
export function show(next: Route, how: "push" | "replace" = "push"): void {
  const hash = hashOf(next);
  if (hash === location.hash) return;
  if (how === "push") history.pushState(null, "", hash);
  else history.replaceState(null, "", hash);
  route.value = next;
}

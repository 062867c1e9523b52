import { assertEquals } from "@std/assert";
import { hashOf, type Route, routeOf } from "./route.ts";

const group = { store: "a/b", ns: "x/y", type: "host", id: "ü & <b>" };
const snapshot = { ...group, time: 1_796_000_000 };

Deno.test("every view has an address that leads back to it", () => {
  const routes: readonly Route[] = [
    { view: "stores" },
    { view: "store", store: "s", ns: "" },
    { view: "group", group },
    { view: "group", group, day: "2026-11-30" },
    { view: "files", snapshot },
    { view: "files", snapshot, archive: "root.pxar", path: "" },
    { view: "files", snapshot, archive: "root.pxar", path: "YQ/Yg" },
    { view: "files", snapshot, search: "*.conf" },
    { view: "versions", snapshot, archive: "root.pxar", path: "YQ" },
    { view: "versions", snapshot, archive: "root.pxar", path: "YQ", left: 1, right: 2 },
    { view: "tasks" },
    { view: "jobs" },
    { view: "tasks", store: "s" },
    { view: "task", store: "s", upid: "UPID:a:b" },
  ];
  for (const route of routes) assertEquals(routeOf(hashOf(route)), route);
});

Deno.test("an address that makes no sense shows the datastores", () => {
  for (const hash of ["", "#", "#/nothing", "#/?", "#stores?x=%zz"]) {
    assertEquals(routeOf(hash), { view: "stores" });
  }
  assertEquals(routeOf("#/files?time=-1e9"), {
    view: "files",
    snapshot: { store: "", ns: "", type: "", id: "", time: 0 },
  });
});

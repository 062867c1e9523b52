import type { JSX } from "preact";
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Failure } from "../parts/await.tsx";
import { Button } from "../parts/button.tsx";
import { Icon } from "../parts/icon.tsx";
import { Link } from "../parts/link.tsx";
import { Messages } from "../parts/messages.tsx";
import { Name } from "../parts/name.tsx";
import { act, look } from "../requests/send_request.ts";
import { type Route, route } from "../state/route.ts";
import { session } from "../state/session.ts";
import { forgetAnswers, useLoad } from "../state/use_load.ts";
import { safeText } from "../text/safe_text.ts";
import { VersionsView } from "../versions/versions_view.tsx";
import { Breadcrumb, crumbsOf } from "./breadcrumb.tsx";
import { FilesView } from "./files_view.tsx";
import { GroupView } from "./group_view.tsx";
import { JobsView } from "./jobs_view.tsx";
import { Login, NoSession } from "./login.tsx";
import { Shortcuts, useShortcuts } from "./shortcuts.tsx";
import { StoreView } from "./store_view.tsx";
import { StoresView } from "./stores_view.tsx";
import { TaskView } from "./task_view.tsx";
import { TasksView } from "./tasks_view.tsx";
import { ThemeSwitch } from "./theme_switch.tsx";

/** Milliseconds after which the session is asked for again, so that it stays. */
const RENEW_MS = 10 * 60_000;

/** The whole page. */
export function App(): JSX.Element {
  const loaded = useLoad("session", async (signal) => {
    session.value = await look("session", {}, signal);
    return true;
  }, RENEW_MS);
  const [showsKeys, setShowsKeys] = useState(false);
  useShortcuts(useCallback(() => setShowsKeys(true), []));
  const now = session.value;
  return (
    <>
      <a class="skip" href="#content" onClick={skip}>To the content</a>
      <Head showKeys={() => setShowsKeys(true)} />
      {now === undefined
        ? (
          <main id="content" class="content">
            {loaded.error && <Failure error={loaded.error} again={loaded.again} />}
          </main>
        )
        : now.isLoggedIn
        ? <Content route={route.value} />
        : now.mode === "serve"
        ? <Login />
        : <NoSession />}
      {showsKeys && <Shortcuts onClose={() => setShowsKeys(false)} />}
      <Messages />
    </>
  );
}

/** Moves the focus without changing the address, which says what is shown. */
function skip(event: Event): void {
  event.preventDefault();
  document.getElementById("content")?.focus();
}

function Head({ showKeys }: { readonly showKeys: () => void }): JSX.Element {
  const now = session.value;
  const view = route.value.view;
  return (
    <header class="head">
      <Link
        to={{ view: "stores" }}
        class="brand"
        label={`${safeText(now?.title ?? "pbs-client")}, datastores`}
      >
        <span class="mark">
          <Icon name="stores" />
        </span>
        <span class="brand-name">
          <Name text={now?.title ?? "pbs-client"} />
        </span>
      </Link>
      {now?.isLoggedIn && (
        <nav class="tabs" aria-label="Parts">
          <Link to={{ view: "stores" }} current={!["jobs", "tasks", "task"].includes(view)}>
            <Icon name="stores" />
            <span>Datastores</span>
          </Link>
          {now.mode === "serve" && (
            <Link to={{ view: "jobs" }} current={view === "jobs"}>
              <Icon name="clock" />
              <span>Jobs</span>
            </Link>
          )}
          <Link to={{ view: "tasks" }} current={view === "tasks" || view === "task"}>
            <Icon name="tasks" />
            <span>Tasks</span>
          </Link>
        </nav>
      )}
      <div class="head-end">
        {now?.hasKey && (
          <span class="key-note" title={`Key ${now.keyFingerprint ?? ""}`}>
            <Icon name="key" />
            <span>Key loaded</span>
          </span>
        )}
        {now?.mode === "serve" && now.isLoggedIn && (
          <>
            <span class="user">
              <Name text={now.user ?? ""} />
            </span>
            <Button kind="quiet" icon="leave" label="Log out" onPress={logOut} />
          </>
        )}
        <Button kind="quiet" icon="keyboard" label="Keys" onPress={showKeys} />
        <ThemeSwitch />
      </div>
    </header>
  );
}

async function logOut(): Promise<void> {
  try {
    session.value = await act("logout", {});
  } finally {
    forgetAnswers();
  }
}

function Content({ route: shown }: { readonly route: Route }): JSX.Element {
  const main = useRef<HTMLElement>(null);
  const place = placeOf(shown);
  const isFirst = useRef(true);
  const crumbs = crumbsOf(shown);
  const title = crumbs.at(-1)!.text;
  useEffect(() => {
    document.title = `${safeText(title)} – ${safeText(session.value?.title ?? "pbs-client")}`;
  }, [title]);
  useLayoutEffect(() => {
    // Readers of the screen are told that something else is shown; not at the start, and not when
    // only an entry was chosen.
    if (!isFirst.current) main.current?.focus({ preventScroll: true });
    isFirst.current = false;
    scrollTo(0, 0);
  }, [place]);
  return (
    <main id="content" class={`content view-${shown.view}`} ref={main} tabIndex={-1}>
      <Breadcrumb route={shown} />
      <h1 class="hidden">
        <Name text={title} />
      </h1>
      <View key={place} route={shown} />
    </main>
  );
}

/** What is shown without what is chosen in it. */
function placeOf(shown: Route): string {
  if (shown.view === "files") return JSON.stringify(["files", shown.snapshot]);
  if (shown.view === "versions") {
    return JSON.stringify(["versions", shown.snapshot, shown.archive, shown.path]);
  }
  if (shown.view === "group") return JSON.stringify(["group", shown.group]);
  return JSON.stringify(shown);
}

function View({ route: shown }: { readonly route: Route }): JSX.Element {
  switch (shown.view) {
    case "stores":
      return <StoresView />;
    case "store":
      return <StoreView store={shown.store} ns={shown.ns} />;
    case "group":
      return <GroupView route={shown} />;
    case "files":
      return <FilesView route={shown} />;
    case "versions":
      return <VersionsView route={shown} />;
    case "jobs":
      return <JobsView />;
    case "tasks":
      return <TasksView store={shown.store} />;
    case "task":
      return <TaskView store={shown.store} upid={shown.upid} />;
  }
}

import { KeyError, NotFoundError, PbsError } from "../errors/mod.ts";
import { isFinished } from "../repository/mod.ts";
import type { OpenedSnapshot } from "./opened_snapshot.ts";
import type { OpenedSnapshots } from "./opened_snapshots.ts";
import type { PageEntry, PageVersions } from "./page_api.ts";
import type { PageParameters } from "./_page_parameters.ts";
import type { PageCaller } from "./page_source.ts";
import { PageError } from "./_refusal.ts";
import { describeNode, pathOf } from "./_tree_requests.ts";

const DEFAULT_VERSIONS = 30;
const MAX_VERSIONS = 100;

type Version = PageVersions["versions"][number];

/** `versions`: an entry in the snapshots of its group. */
export async function listVersions(
  caller: PageCaller,
  snapshots: OpenedSnapshots,
  parameters: PageParameters,
  signal: AbortSignal,
): Promise<PageVersions> {
  const { namespace, group } = parameters;
  const store = parameters.text("store");
  const archive = parameters.text("archive");
  const path = pathOf(parameters);
  const before = parameters.optionalInteger("before", { least: 1, most: Number.MAX_SAFE_INTEGER });
  const limit = parameters.optionalInteger("limit", { least: 1, most: MAX_VERSIONS }) ??
    DEFAULT_VERSIONS;
  const { repository } = await caller.source.access(store);
  const listed = (await repository.listSnapshots(namespace, group)).filter(isFinished)
    .filter(({ time }) => before === undefined || time < before)
    .sort((a, b) => b.time - a.time);
  const found: Version[] = [];
  for (const { time } of listed.slice(0, limit)) {
    signal.throwIfAborted();
    const place = { store, namespace, snapshot: { ...group, time } };
    found.push(
      await versionOf(
        time,
        () => snapshots.use(caller, place, (opened) => entryOf(opened, archive, path)),
      ),
    );
  }
  const last = found.at(-1)?.time;
  return {
    versions: found.map((version, i) => ({ ...version, ...changeOf(version, found.slice(i + 1)) })),
    ...(listed.length > limit && last !== undefined ? { next: last } : {}),
  };
}

async function entryOf(
  opened: OpenedSnapshot,
  archive: string,
  path: Uint8Array,
): Promise<PageEntry | undefined> {
  const reader = await opened.archive(archive);
  const node = await reader.tree.lookupPath(path);
  return node && await describeNode(reader, node);
}

/** One snapshot that cannot be looked at does not hide the others. */
async function versionOf(
  time: number,
  look: () => Promise<PageEntry | undefined>,
): Promise<Version> {
  try {
    const entry = await look();
    return { time, ...(entry === undefined ? {} : { entry }) };
  } catch (error) {
    // The archive was not in it, or it has been removed meanwhile.
    if (error instanceof NotFoundError) return { time };
    const isOwn = error instanceof KeyError || error instanceof PageError ||
      error instanceof PbsError;
    if (!isOwn) throw error;
    return { time, unreadable: error.message };
  }
}

function changeOf(
  { entry, unreadable }: Version,
  older: readonly Version[],
): { readonly change?: Version["change"] & string } {
  if (unreadable !== undefined) return {};
  const previous = older.find((version) => version.unreadable === undefined);
  if (previous === undefined) return {};
  if (entry === undefined) return previous.entry === undefined ? {} : { change: "removed" };
  if (previous.entry === undefined) return { change: "new" };
  const isSame = (["kind", "sizeBytes", "modified", "mode", "uid", "gid", "target"] as const)
    .every((part) => entry[part] === previous.entry![part]);
  return { change: isSame ? "same" : "changed" };
}

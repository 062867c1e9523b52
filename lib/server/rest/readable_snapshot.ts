import { type Datastore, DatastoreSnapshot, LocalSnapshotSource } from "../../datastore/mod.ts";
import { PbsError } from "../../errors/mod.ts";
import type { ParameterValues } from "../api/mod.ts";
import type { RestContext } from "../state/mod.ts";
import { requireGroupOwner, requireNamespaceAccess, snapshotOf } from "./datastore_access.ts";

/** A snapshot that a caller may read; it stays as long as its source is open. */
export interface ReadableSnapshot {
  readonly datastore: Datastore;
  readonly source: LocalSnapshotSource;
}

/**
 * Opens the snapshot that a call names, for reading its contents.
 *
 * @throws {ServerError} if the caller may not, {NotFoundError} if there is none.
 */
export async function openReadableSnapshot(
  context: RestContext,
  values: ParameterValues,
): Promise<ReadableSnapshot> {
  const [store, namespace] = [values.text("store"), values.text("ns")];
  const { ownOnly } = requireNamespaceAccess(
    context,
    store,
    namespace,
    ["Datastore.Read"],
    ["Datastore.Backup"],
  );
  const { datastore } = context.state.datastore(store, "read");
  const snapshot = new DatastoreSnapshot(datastore, namespace, snapshotOf(values));
  if (ownOnly) await requireGroupOwner(context, snapshot.group);
  return { datastore, source: await LocalSnapshotSource.open(snapshot) };
}

/** Somebody wants the contents of a file whose key only the client has. */
export function encryptedRefusal(name: string): PbsError {
  return new PbsError(`cannot decode '${name}' - is encrypted`);
}

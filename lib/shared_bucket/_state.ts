import type { ListedObject, ObjectStore } from "../s3/mod.ts";
import type { SharedKeys } from "./_keys.ts";

/** A session as a listing shows it. */
export interface SeenSession {
  readonly id: string;
  /** Seconds since it was renewed, by the store's clock; 0 if that does not tell. */
  readonly age: number;
}

/** A collection as a listing shows it. */
export interface SeenCollection {
  readonly number: number;
  readonly isPublished: boolean;
  readonly isDeleting: boolean;
  readonly isDone: boolean;
  /** Keys of the candidates, in their order. */
  readonly shards: readonly string[];
  /** Keys of notes about rescued chunks. */
  readonly rescues: readonly string[];
  /** Seconds since the candidates were published. */
  readonly publishedAge: number;
  /** Seconds since somebody who works on it has renewed its lease. */
  readonly leaseAge: number;
}

/** Objects that are in a store for the sake of several writers. */
export interface SharedState {
  readonly sessions: readonly SeenSession[];
  /** Numbers of decisions by session. */
  readonly decisions: ReadonlyMap<string, readonly number[]>;
  /** Ages of decisions by session, seconds. */
  readonly decisionAges: ReadonlyMap<string, number>;
  /** Oldest first. */
  readonly collections: readonly SeenCollection[];
}

/** Lists what is in a store for the sake of several writers. */
export async function listSharedState(store: ObjectStore, keys: SharedKeys): Promise<SharedState> {
  const parts = [keys.sessions, keys.decisions, keys.collections];
  const lists = await Promise.all(parts.map((prefix) => listAll(store, prefix)));
  const [sessions, decisions, collections] = lists as [Listed[], Listed[], Listed[]];
  const numbers = new Map<string, number[]>();
  const ages = new Map<string, number>();
  for (const { object, age } of decisions) {
    const [id, number] = object.key.slice(keys.decisions.length).split("/");
    const known = numbers.get(id!) ?? [];
    numbers.set(id!, [...known, Number(number)]);
    ages.set(id!, Math.min(age, ages.get(id!) ?? Infinity));
  }
  return {
    sessions: sessions.map(({ object, age }) => ({
      id: object.key.slice(keys.sessions.length),
      age,
    })),
    decisions: numbers,
    decisionAges: ages,
    collections: groupCollections(collections, keys),
  };
}

/** Lists one collection; undefined if nothing of it is there. */
export async function listCollection(
  store: ObjectStore,
  keys: SharedKeys,
  number: number,
): Promise<SeenCollection | undefined> {
  return groupCollections(await listAll(store, keys.collection(number)), keys)[0];
}

/** An object with its age. */
export interface Listed {
  readonly object: ListedObject;
  /** Seconds since it was written, by the store's clock; 0 if that does not tell. */
  readonly age: number;
}

/** All objects below a prefix, with their ages. */
export async function listAll(store: ObjectStore, prefix: string): Promise<Listed[]> {
  const found: Listed[] = [];
  for await (const { objects, date } of store.list(prefix)) {
    for (const object of objects) {
      const age = date === undefined ? 0 : Math.max(date - object.modificationTime, 0);
      found.push({ object, age });
    }
  }
  return found;
}

function groupCollections(objects: readonly Listed[], keys: SharedKeys): SeenCollection[] {
  const groups = new Map<number, Listed[]>();
  for (const listed of objects) {
    const number = Number(listed.object.key.slice(keys.collections.length).split("/")[0]);
    if (!Number.isSafeInteger(number)) continue;
    groups.set(number, [...groups.get(number) ?? [], listed]);
  }
  return [...groups].sort(([a], [b]) => a - b).map(([number, parts]) => {
    const prefix = keys.collection(number);
    const ageOf = (name: string) => parts.find(({ object }) => object.key === prefix + name)?.age;
    const below = (folder: string) =>
      parts.filter(({ object }) => object.key.startsWith(prefix + folder))
        .map(({ object }) => object.key);
    const leases = ["begun", "deleting", "lease"].map(ageOf).filter((age) => age !== undefined);
    return {
      number,
      isPublished: ageOf("published") !== undefined,
      isDeleting: ageOf("deleting") !== undefined,
      isDone: ageOf("done") !== undefined,
      shards: below("candidates/"),
      rescues: below("rescued/"),
      publishedAge: ageOf("published") ?? 0,
      leaseAge: leases.length === 0 ? 0 : Math.min(...leases),
    };
  });
}

import { ConflictError, NotFoundError, ServerError } from "../../errors/mod.ts";
import {
  type ConfigText,
  ENDPOINTS_FILE,
  ENDPOINTS_MODE,
  propertyLine,
  SectionFile,
} from "../config/mod.ts";
import {
  parseSectionEntries,
  type PropertyValue,
  type SectionEntry,
  type SectionValues,
} from "../sections/mod.ts";
import { ENDPOINT_ID, ENDPOINT_PROPERTIES } from "./endpoint_properties.ts";
import { endpointOf, type S3Endpoint } from "./s3_endpoint.ts";

const SECTION = "s3-endpoint";
const RULES = { section: SECTION, schemas: { id: ENDPOINT_ID, ...ENDPOINT_PROPERTIES } };

/** Endpoints as they may be shown, with the digest of the file. */
export interface ShownEndpoints {
  readonly endpoints: readonly Record<string, unknown>[];
  readonly digest: string;
}

/** A change of an endpoint. */
export interface EndpointChange {
  readonly set: SectionValues;
  /** Names of properties that are removed. */
  readonly remove?: readonly string[];
  /** The {@linkcode ShownEndpoints.digest} as it was when somebody looked. */
  readonly digest?: string | undefined;
}

/** Names of the datastores that use an endpoint. */
export type EndpointUsers = (id: string) => readonly string[] | Promise<readonly string[]>;

/** The S3 endpoints of a server, in a file of the reference's form. */
export class S3Endpoints {
  readonly #file: SectionFile<SectionEntry>;

  /** @param folder The server's folder. */
  constructor(folder: string) {
    const parse = (text: string, path: string) => parseSectionEntries(RULES, text, path);
    this.#file = new SectionFile(folder, ENDPOINTS_FILE, parse, ENDPOINTS_MODE);
  }

  /** All endpoints without their secrets. @throws {UsageError} if the file is wrong. */
  async list(): Promise<ShownEndpoints> {
    const { entries, digest } = await this.#file.list();
    return { endpoints: entries.map(({ id, properties }) => shown(id, properties)), digest };
  }

  /** All endpoints with their secrets. @throws {UsageError} if the file is wrong. */
  async all(): Promise<S3Endpoint[]> {
    return (await this.#file.list()).entries.map(endpointOf);
  }

  /** An endpoint with its secrets. @throws {NotFoundError} if there is none. */
  async find(id: string): Promise<S3Endpoint> {
    return endpointOf(requireEntry((await this.#file.list()).entries, id));
  }

  /** Adds an endpoint. @throws {ConflictError} if there is one of that name. */
  async create(id: string, properties: SectionValues): Promise<void> {
    await this.#file.change(undefined, (text, entries) => {
      if (entries.some((entry) => entry.id === id)) {
        throw new ConflictError(`S3 endpoint '${id}' already exists.`);
      }
      text.addSection(SECTION, id);
      setAll(text, id, properties);
    });
  }

  /** Changes an endpoint. @throws {NotFoundError} if there is none. */
  async update(id: string, { set, remove = [], digest }: EndpointChange): Promise<void> {
    await this.#file.change(digest, (text, entries) => {
      requireEntry(entries, id);
      for (const key of remove) text.setProperty(SECTION, id, key, undefined);
      setAll(text, id, set);
    });
  }

  /**
   * Removes an endpoint.
   *
   * @throws {NotFoundError} if there is none.
   * @throws {ConflictError} if a datastore uses it.
   */
  async remove(id: string, usersOf: EndpointUsers, digest?: string): Promise<void> {
    await this.#file.change(digest, async (text, entries) => {
      requireEntry(entries, id);
      const [user] = await usersOf(id);
      if (user !== undefined) throw new ConflictError(`in-use by datastore ${user}`);
      text.removeSection(SECTION, id);
    });
  }
}

/** @throws {ServerError} with 400 if an endpoint is not among those given. */
export function requireEndpoint(endpoints: readonly S3Endpoint[], id: string): S3Endpoint {
  const found = endpoints.find((endpoint) => endpoint.id === id);
  if (found !== undefined) return found;
  throw new ServerError(400, `there is no S3 endpoint '${id}'`);
}

function requireEntry(entries: readonly SectionEntry[], id: string): SectionEntry {
  const found = entries.find((entry) => entry.id === id);
  if (found !== undefined) return found;
  throw new NotFoundError(`there is no S3 endpoint '${id}'`);
}

function setAll(text: ConfigText, id: string, properties: SectionValues): void {
  for (const [key, value] of Object.entries(properties)) {
    const all = Array.isArray(value)
      ? value as readonly string[]
      : [value as Exclude<PropertyValue, readonly string[]>];
    const lines = all.map((each) => propertyLine(key, each)).filter((line) => line !== "");
    text.setProperties(SECTION, id, key, lines);
  }
}

function shown(id: string, properties: SectionValues): Record<string, unknown> {
  const { "secret-key": _secret, ...others } = properties;
  return { id, ...others };
}

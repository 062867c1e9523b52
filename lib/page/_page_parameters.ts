import type { IncomingRequest } from "../http/mod.ts";
import {
  type BackupGroup,
  type BackupSnapshot,
  checkGroup,
  checkSnapshotName,
  namespaceComponents,
} from "../repository/mod.ts";
import { PageError } from "./_refusal.ts";

/** Bytes of a JSON body; notes are the longest of it. */
const MAX_BODY_BYTES = 256 * 1024;
/** Characters of a text that is no path or note. */
const MAX_TEXT = 4096;

/** Limits of a number. */
export interface NumberLimits {
  readonly least: number;
  readonly most: number;
}

/** Parameters of a request, checked where it is taken out. */
export class PageParameters {
  readonly #values: ReadonlyMap<string, unknown>;
  /** Numbers of a query are texts. */
  readonly #isText: boolean;

  private constructor(values: ReadonlyMap<string, unknown>, isText: boolean) {
    this.#values = values;
    this.#isText = isText;
  }

  /** Parameters of a query, without `?`. */
  static ofQuery(query: string): PageParameters {
    return new PageParameters(new Map(new URLSearchParams(query)), true);
  }

  /** Members of a JSON object. */
  static ofObject(value: unknown): PageParameters {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new PageError("bad-request", "the body is not a JSON object");
    }
    return new PageParameters(new Map(Object.entries(value)), false);
  }

  /**
   * The JSON object in the body of a request; an empty one if there is no body.
   *
   * @param limitBytes Of the body; strangers are not given much.
   */
  static async ofBody(
    { body, headers }: IncomingRequest,
    limitBytes: number = MAX_BODY_BYTES,
  ): Promise<PageParameters> {
    const text = await body.text(limitBytes);
    if (text.trim() === "") return PageParameters.ofObject({});
    // A form of another page cannot send this type.
    if (headers.get("content-type")?.split(";", 1)[0]?.trim() !== "application/json") {
      throw new PageError("bad-request", "the body is not of type application/json");
    }
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (cause) {
      throw new PageError("bad-request", "the body is not valid JSON", { cause });
    }
    return PageParameters.ofObject(value);
  }

  /** A text that has to be there. */
  text(name: string, mostCharacters: number = MAX_TEXT): string {
    return this.optionalText(name, mostCharacters) ?? wrong(name, "is missing");
  }

  /** A text that may be absent. */
  optionalText(name: string, mostCharacters: number = MAX_TEXT): string | undefined {
    const value = this.#values.get(name) ?? undefined;
    if (value === undefined) return undefined;
    if (typeof value !== "string") return wrong(name, "is not a text");
    if (value.length > mostCharacters) wrong(name, "is too long");
    return value;
  }

  /** An integer that has to be there. */
  integer(name: string, limits: NumberLimits): number {
    return this.optionalInteger(name, limits) ?? wrong(name, "is missing");
  }

  /** An integer that may be absent. */
  optionalInteger(name: string, { least, most }: NumberLimits): number | undefined {
    const value = this.#values.get(name) ?? undefined;
    if (value === undefined || value === "") return undefined;
    const number = this.#isText && typeof value === "string" && /^-?\d{1,16}$/.test(value)
      ? Number(value)
      : value;
    if (typeof number !== "number" || !Number.isSafeInteger(number)) {
      return wrong(name, "is not an integer");
    }
    if (number < least || number > most) wrong(name, `is not between ${least} and ${most}`);
    return number;
  }

  /** A boolean of a body, or `1` or `true` of a query; false if absent. */
  flag(name: string): boolean {
    const value = this.#values.get(name) ?? false;
    if (typeof value === "boolean") return value;
    if (this.#isText && typeof value === "string") return value === "1" || value === "true";
    return wrong(name, "is neither true nor false");
  }

  /** An object in the body. */
  object(name: string): PageParameters {
    return PageParameters.ofObject(this.#values.get(name) ?? {});
  }

  /** A list of integers in the body. */
  integers(name: string, mostElements: number): number[] {
    const value = this.#values.get(name) ?? [];
    const isList = Array.isArray(value) && value.every((each) => Number.isSafeInteger(each));
    if (!isList) return wrong(name, "is not a list of integers");
    if (value.length > mostElements) wrong(name, "is too long");
    return value as number[];
  }

  /** The namespace, the root if absent. @throws {UsageError} if it can be none. */
  get namespace(): string {
    const namespace = this.optionalText("ns") ?? "";
    namespaceComponents(namespace);
    return namespace;
  }

  /** The group. @throws {UsageError} if it can be none. */
  get group(): BackupGroup {
    const group = { type: this.text("type") as BackupGroup["type"], id: this.text("id") };
    checkGroup(group);
    return group;
  }

  /** The snapshot. @throws {UsageError} if it can be none. */
  get snapshot(): BackupSnapshot {
    return this.optionalSnapshot ?? wrong("time", "is missing");
  }

  /** The snapshot; undefined if a group is meant. */
  get optionalSnapshot(): BackupSnapshot | undefined {
    const group = this.group;
    const time = this.optionalInteger("time", { least: 1, most: Number.MAX_SAFE_INTEGER });
    if (time === undefined) return undefined;
    const snapshot = { ...group, time };
    checkSnapshotName(snapshot);
    return snapshot;
  }
}

function wrong(name: string, what: string): never {
  throw new PageError("bad-request", `parameter "${name}" ${what}`);
}

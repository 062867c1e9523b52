import type { HeaderField, OutgoingBody, UpgradeResponse } from "../../http/mod.ts";
import type { ParameterSchemas } from "./parameter_schema.ts";
import type { ParameterValues } from "./parameter_values.ts";

/** Answer of a handler if all is well. */
export type Answer =
  | {
    /** The `data` member. */
    readonly data: unknown;
    /** Members beside `data` (spec: protocol.md §3.1). */
    readonly attributes?: Readonly<Record<string, unknown>>;
    readonly contentType?: string;
    readonly headers?: readonly HeaderField[];
  }
  | {
    /** The elements of a `data` member that is too long to have it in one piece. */
    readonly items: AsyncIterable<unknown>;
    readonly attributes?: Readonly<Record<string, unknown>>;
    readonly released?: () => void;
  }
  | {
    /** Raw bytes instead of an envelope. */
    readonly raw: OutgoingBody;
    readonly contentType: string;
    readonly headers?: readonly HeaderField[];
    readonly released?: () => void;
  }
  | UpgradeResponse;

/** One call of an API: where it is, what it takes, who answers. */
export interface Route<Context> {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Path below the API's root, with `{name}` for a variable component. */
  readonly path: string;
  /** Path variables included. */
  readonly parameters: ParameterSchemas;
  /** Whether the handler reads the body itself; parameters are in the query alone then. */
  readonly rawBody?: true;
  readonly handle: (context: Context, values: ParameterValues) => Promise<Answer> | Answer;
}

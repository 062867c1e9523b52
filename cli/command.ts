/** A named rule for the text of a value. */
export interface ValueFormat {
  /** Its name in manual pages and completion, e.g. `namespace`. */
  readonly name: string;
  /** Why the text is refused, or undefined if it is not. */
  readonly refusal: (text: string) => string | undefined;
  /** A text to write in place of one that is refused; undefined if none can be guessed. */
  readonly advice?: (text: string) => string | undefined;
}

/** The type of one value (spec: cli.md §6). */
export type ValueType =
  | {
    readonly kind: "string";
    /** In characters. */
    readonly minLength?: number;
    readonly maxLength?: number;
    readonly format?: ValueFormat;
    /** A path: need not be valid UTF-8. */
    readonly acceptsBytes?: boolean;
  }
  | { readonly kind: "boolean" }
  | { readonly kind: "integer"; readonly minimum?: number; readonly maximum?: number }
  | {
    readonly kind: "enum";
    readonly values: readonly string[];
    /** Not checked while parsing: the command itself refuses what it does not know. */
    readonly checkedByCommand?: boolean;
  };

/** Kind of words that shell completion offers for a value (spec: cli.md §1.9). */
export type CompletionKind =
  | "repository"
  | "group"
  | "snapshot"
  | "group-or-snapshot"
  | "archive-name"
  | "image-name"
  | "mapping"
  /** A job of the file with the jobs. */
  | "job"
  /** The same for file archives alone. */
  | "tree-archive-name"
  | "namespace"
  | "backup-source"
  | "chunk-size"
  | "file-name"
  /** A path in the archive of a catalog shell. */
  | "archive-path"
  | "command";

/** An option or a positional argument. */
export interface Parameter {
  readonly name: string;
  readonly type: ValueType;
  readonly description: string;
  /** The declared default, as shown by help. */
  readonly default?: string | number | boolean;
  readonly required?: boolean;
  readonly repeatable?: boolean;
  readonly completion?: CompletionKind;
}

/**
 * How the result of a command leaves it: `table` and `value` honour `--output-format`, `none` prints
 * nothing by itself. They differ in what an unknown format from the environment does
 * (spec: cli.md §1.5).
 */
export type OutputKind = "none" | "table" | "value";

/** A command as data: enough to parse, explain and complete it. */
export interface Command {
  /** All words, e.g. `snapshot list`. */
  readonly name: string;
  readonly description: string;
  /** In order. Only the last one may be optional or repeatable. */
  readonly positionals: readonly Parameter[];
  /** Switch with which only the last positional is written. */
  readonly lastAloneWith?: string;
  readonly options: readonly Parameter[];
  readonly output: OutputKind;
  /** Exit code of a failure, where callers expect another than everywhere. */
  readonly failureCode?: number;
}

/** A command as far as its name leads: enough to find it. */
export interface CommandName {
  /** All words, e.g. `snapshot list`. */
  readonly name: string;
  /** Not part of the official client. */
  readonly isOurs?: boolean;
}

/** A command that is loaded when more than its name is needed. */
export interface CommandEntry extends CommandName {
  load(): Promise<Command>;
}

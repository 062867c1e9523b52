import { BACKUP_SPEC_FORMAT } from "../../cli/arguments/backup_spec_format.ts";
import { BYTE_SIZE_FORMAT } from "../../cli/arguments/byte_size_format.ts";
import {
  AUTH_ID_FORMAT,
  HINT_FORMAT,
  NAMESPACE_FORMAT,
  PATTERN_FORMAT,
  REPOSITORY_FORMAT,
  SAFE_FORMAT,
  SERVER_FORMAT,
  UPID_FORMAT,
} from "../../cli/arguments/value_formats.ts";
import type { Command, Parameter, ValueFormat, ValueType } from "../../cli/command.ts";

/** A parameter of the official client as recorded. */
export interface RecordedParameter {
  readonly name: string;
  readonly type: "string" | "boolean" | "integer" | "enum";
  readonly values?: readonly string[];
  readonly default?: string | number | boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly min_length?: number;
  readonly max_length?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly required: boolean;
  readonly repeatable: boolean;
  readonly checked?: string;
  readonly value_mandatory?: boolean;
}

/** A leaf command of the official client as recorded. */
export interface RecordedCommand {
  readonly program: string;
  readonly command: string;
  readonly uses_REPO?: boolean;
  readonly positionals?: readonly RecordedParameter[];
  readonly options?: readonly RecordedParameter[];
}

/** A run of the official client as recorded. */
export interface RecordedRun {
  readonly name: string;
  readonly program: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | null>>;
  readonly tty: boolean;
  readonly stdin: string | null;
  readonly stdout: string;
  readonly stderr: string | null;
  readonly exit_code: number | string;
  readonly notes: string;
}

async function load<T>(name: string): Promise<T> {
  return JSON.parse(await Deno.readTextFile(new URL(`../vectors/real/${name}`, import.meta.url)));
}

const recordedOptions = await load<{
  common: { REPO: RecordedParameter[] };
  aliases: Record<string, string>;
  commands: RecordedCommand[];
}>("cli-options.json");

/** The official client's historic names. */
export const RECORDED_ALIASES: ReadonlyMap<string, string> = new Map(
  Object.entries(recordedOptions.aliases),
);

/** The commands of all official programs, the common options filled in. */
export const RECORDED_PROGRAMS: readonly Required<RecordedCommand>[] = recordedOptions.commands
  .map((command) => ({
    program: command.program,
    command: command.command,
    uses_REPO: command.uses_REPO ?? false,
    positionals: command.positionals ?? [],
    options: [
      ...(command.options ?? []),
      ...(command.uses_REPO ? recordedOptions.common.REPO : []),
    ],
  }));

/** The commands of the official client. */
export const RECORDED_COMMANDS: readonly Required<RecordedCommand>[] = RECORDED_PROGRAMS
  .filter(({ program }) => program === "proxmox-backup-client");

/** The runs of all official programs. */
export const RECORDED_PROGRAM_RUNS: readonly RecordedRun[] = await load<RecordedRun[]>(
  "cli-runs.json",
);

/** The official client's runs. */
export const RECORDED_RUNS: readonly RecordedRun[] = RECORDED_PROGRAM_RUNS
  .filter(({ program }) => program === "proxmox-backup-client");

/** Rules of values by what the records call them. Those of absent commands exist for the records only. */
const FORMATS: Readonly<Record<string, ValueFormat>> = {
  "repository:cli.md 2.1": REPOSITORY_FORMAT,
  "DNS name, IPv4 or bare IPv6": SERVER_FORMAT,
  "^[A-Za-z0-9_][A-Za-z0-9._\\-]*$": SAFE_FORMAT,
  "cli.md 2.1": AUTH_ID_FORMAT,
  "namespace, cli.md 6.1": NAMESPACE_FORMAT,
  "byte size, cli.md 6.5": BYTE_SIZE_FORMAT,
  "^.+[^\\\\]$": PATTERN_FORMAT,
  "^([a-zA-Z0-9_-]+\\.(pxar|img|conf|log)):(.+)$": BACKUP_SPEC_FORMAT,
  "no control characters": HINT_FORMAT,
  "upid:cli.md 6.1": UPID_FORMAT,
};

/** The rule a recorded parameter is checked by while parsing. */
export function recordedFormat(parameter: RecordedParameter): ValueFormat | undefined {
  if (parameter.checked !== undefined) return undefined;
  const text = parameter.pattern ?? parameter.format;
  if (text === undefined) return undefined;
  const format = FORMATS[`${parameter.name}:${text}`] ?? FORMATS[text];
  if (format === undefined) throw new Error(`no rule for '${text}' of '${parameter.name}'`);
  return format;
}

/** A recorded parameter in our terms. */
export function toParameter(recorded: RecordedParameter): Parameter {
  return {
    name: recorded.name,
    type: toType(recorded),
    description: "",
    required: recorded.required,
    repeatable: recorded.repeatable,
    ...(recorded.default === undefined ? {} : { default: recorded.default }),
  };
}

function toType(recorded: RecordedParameter): ValueType {
  switch (recorded.type) {
    case "boolean":
      return { kind: "boolean" };
    case "integer":
      return {
        kind: "integer",
        ...(recorded.minimum === undefined ? {} : { minimum: recorded.minimum }),
        ...(recorded.maximum === undefined ? {} : { maximum: recorded.maximum }),
      };
    case "enum":
      return {
        kind: "enum",
        values: recorded.values ?? [],
        checkedByCommand: recorded.checked !== undefined,
      };
    case "string": {
      const format = recordedFormat(recorded);
      // A path may be longer than the string of a server: our rule has the limit in itself.
      const hasLimit = recorded.max_length !== undefined && format !== REPOSITORY_FORMAT;
      return {
        kind: "string",
        ...(recorded.min_length === undefined ? {} : { minLength: recorded.min_length }),
        ...(hasLimit ? { maxLength: recorded.max_length! } : {}),
        ...(format === undefined ? {} : { format }),
      };
    }
  }
}

/** A recorded command in our terms. */
export function toCommand(recorded: Required<RecordedCommand>): Command {
  return {
    name: recorded.command,
    description: "",
    positionals: recorded.positionals.map(toParameter),
    options: recorded.options.map(toParameter),
    output: "none",
  };
}

/** Names of the recorded runs that are about keys, in which one depends on another. */
export const KEY_RUNS_PATTERN =
  "^(tty-)?(crypt-|key-|master-|rsa-|paperkey|hint-)|^keyfile-dash|^uplog-|^cmd-key-ambig|" +
  "^restore-(enc|rsa|scrypt|plain-with|keyfile|cryptmode)";

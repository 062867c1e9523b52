import type { Command, Parameter } from "../../cli/command.ts";
import {
  RECORDED_PROGRAMS,
  type RecordedCommand,
  type RecordedParameter,
  toParameter,
} from "./cli_vectors.ts";
import { LOADED_COMMANDS } from "./loaded_commands.ts";

/** How a parameter of ours stands to the official one. */
export type ParameterState = "there" | "differs" | "not yet" | "ours";

/** A parameter that at least one of the two programs has. */
export interface ComparedParameter {
  /** As it is written: `--name`, or `<name>` for a positional. */
  readonly shown: string;
  readonly state: ParameterState;
  /** Ours, or the official one if we do not have it. */
  readonly parameter: Parameter;
  /** What differs, by the names of the parameter's properties. */
  readonly differing: readonly string[];
}

/** A command that at least one of the two sides has. */
export interface ComparedCommand {
  readonly program: string;
  readonly name: string;
  readonly state: "there" | "not yet" | "ours";
  readonly parameters: readonly ComparedParameter[];
}

/** Every command of the official programs and of ours, compared with each other. */
export function compareCommands(): ComparedCommand[] {
  const official = RECORDED_PROGRAMS.map((recorded) => compareRecorded(recorded));
  const ours = LOADED_COMMANDS.filter(({ isOurs }) => isOurs).map((command) => ({
    program: "pbs-client",
    name: command.name,
    state: "ours" as const,
    parameters: parametersOf(command).map(({ shown, parameter }) => ({
      shown,
      state: "ours" as const,
      parameter,
      differing: [],
    })),
  }));
  return [...official, ...ours];
}

function compareRecorded(recorded: Required<RecordedCommand>): ComparedCommand {
  const isClient = recorded.program === "proxmox-backup-client";
  const command = LOADED_COMMANDS.find(({ name, isOurs }) =>
    isClient && !isOurs && name === recorded.command
  );
  const official = new Map<string, RecordedParameter>([
    ...recorded.positionals.map((each) => [`<${each.name}>`, each] as const),
    ...recorded.options.map((each) => [`--${each.name}`, each] as const),
  ]);
  const ours = new Map(
    command === undefined ? [] : parametersOf(command).map((each) => [each.shown, each.parameter]),
  );
  const places = command?.positionals.map(({ name }) => name);
  const isOrdered = JSON.stringify(places) ===
    JSON.stringify(recorded.positionals.map(({ name }) => name));
  const shown = [...new Set([...official.keys(), ...ours.keys()])];
  return {
    program: recorded.program,
    name: recorded.command,
    state: command === undefined ? "not yet" : "there",
    parameters: shown.map((each) => {
      const compared = compareParameter(each, ours.get(each), official.get(each));
      if (isOrdered || compared.state !== "there" || each.startsWith("--")) return compared;
      return { ...compared, state: "differs", differing: ["place"] };
    }),
  };
}

function parametersOf(command: Command): { shown: string; parameter: Parameter }[] {
  return [
    ...command.positionals.map((parameter) => ({ shown: `<${parameter.name}>`, parameter })),
    ...command.options.map((parameter) => ({ shown: `--${parameter.name}`, parameter })),
  ];
}

function compareParameter(
  shown: string,
  ours: Parameter | undefined,
  official: RecordedParameter | undefined,
): ComparedParameter {
  if (official === undefined) {
    return { shown, state: "ours", parameter: ours!, differing: [] };
  }
  const expected = toParameter(official);
  if (ours === undefined) return { shown, state: "not yet", parameter: expected, differing: [] };
  const a = essence(ours);
  // The limit that our rule of repositories takes care of counts here as what it is: another one.
  const b: Record<string, unknown> = { ...essence(expected), maxLength: official.max_length };
  const differing = Object.keys({ ...a, ...b }).filter((key) => a[key] !== b[key]);
  return { shown, state: differing.length === 0 ? "there" : "differs", parameter: ours, differing };
}

/** What has to agree of a parameter, flat. */
function essence(parameter: Parameter): Record<string, unknown> {
  // Whether a path may be no text is not in the records.
  const { kind, acceptsBytes: _, ...rest } = parameter.type as Record<string, unknown>;
  const { values, checkedByCommand = false, ...limits } = rest;
  return {
    kind,
    ...limits,
    values: (values as string[] | undefined)?.toSorted().join(" "),
    checkedByCommand,
    default: parameter.default,
    required: parameter.required ?? false,
    repeatable: parameter.repeatable ?? false,
  };
}

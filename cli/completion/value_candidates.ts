import {
  formatGroupPath,
  formatSnapshotPath,
  parseSnapshotPath,
  type Repository,
} from "../../lib/repository/mod.ts";
import type { CommandValue } from "../arguments/command_values.ts";
import { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CompletionKind, Parameter } from "../command.ts";
import { selectNamespace } from "../environment/select_namespace.ts";
import { selectRepository } from "../environment/select_repository.ts";
import { userFile } from "../environment/user_file.ts";

const BOOLEANS = ["0", "1", "yes", "no", "true", "false", "on", "off"];
const CHUNK_SIZES = ["64", "128", "256", "512", "1024", "2048", "4096"];
const SOURCES = ["root.pxar:/", "etc.pxar:/etc"];
/** Levels of namespaces that are offered at a time. */
const NAMESPACE_LEVELS = 2;

/** Where values come from, and what is typed already. */
export interface ValueRequest {
  readonly parameter: Parameter;
  readonly given: ReadonlyMap<string, string>;
  readonly prefix: string;
}

/**
 * What a parameter may become, as far as it is known (spec: cli.md §1.9).
 *
 * @throws {PbsError} if a repository that has to be asked cannot be.
 */
export async function valueCandidates(
  request: ValueRequest,
  context: CommandContext,
): Promise<string[]> {
  const { parameter, prefix } = request;
  const { completion, type } = parameter;
  const candidates = completion !== undefined
    ? await fromCompletion(completion, request, context)
    : type.kind === "enum"
    ? type.values
    : type.kind === "boolean"
    ? BOOLEANS
    : [];
  return candidates.filter((candidate) => candidate.startsWith(prefix));
}

async function fromCompletion(
  completion: CompletionKind,
  request: ValueRequest,
  context: CommandContext,
): Promise<readonly string[]> {
  const { prefix } = request;
  switch (completion) {
    case "chunk-size":
      return CHUNK_SIZES;
    case "file-name":
      return fileNames(prefix);
    case "backup-source":
      return backupSources(prefix);
    case "repository":
      return usedRepositories(context);
    case "command":
      return [];
    default:
      return await fromRepository(completion, request, context);
  }
}

async function fromRepository(
  completion: "group" | "snapshot" | "group-or-snapshot" | "archive-name" | "namespace",
  { given, prefix }: ValueRequest,
  context: CommandContext,
): Promise<string[]> {
  const values = toValues(given);
  await using repository = await context.repositories.open(selectRepository(values, context), {
    environment: context.environment,
    output: context.output,
    mayAsk: false,
  });
  switch (completion) {
    case "group":
      return await groups(repository);
    case "snapshot":
      return await snapshots(repository);
    case "group-or-snapshot":
      // With the second slash a time begins.
      if (prefix.split("/").length > 2) return await snapshots(repository);
      return (await groups(repository)).flatMap((group) => [group, `${group}/`]);
    case "archive-name":
      return await archives(repository, values, given.get("snapshot") ?? "");
    case "namespace":
      return await namespaces(repository, prefix);
  }
}

async function groups(repository: Repository): Promise<string[]> {
  return (await repository.listGroups("")).map(formatGroupPath);
}

async function snapshots(repository: Repository): Promise<string[]> {
  return (await repository.listSnapshots("")).map(formatSnapshotPath);
}

async function archives(
  repository: Repository,
  values: CommandValues,
  path: string,
): Promise<string[]> {
  // As on the command line, but without the variable: only what is typed counts here.
  const files = await repository.listFiles(selectNamespace(values), parseSnapshotPath(path));
  return files.map(({ filename }) => filename.replace(/\.(?:[df]idx|blob)$/, ""));
}

async function namespaces(repository: Repository, prefix: string): Promise<string[]> {
  const parent = prefix.includes("/") ? prefix.slice(0, prefix.lastIndexOf("/")) : "";
  const found = await repository.listNamespaces(parent, NAMESPACE_LEVELS);
  return found.map(({ namespace }) => namespace);
}

/** Repositories that were used before, as the official client remembers them (§5.1). */
function usedRepositories({ environment }: CommandContext): string[] {
  const path = userFile(environment, "XDG_CACHE_HOME", ".cache", "repo-list");
  return path === undefined ? [] : Object.keys(JSON.parse(Deno.readTextFileSync(path)));
}

function backupSources(prefix: string): string[] {
  const colon = prefix.indexOf(":");
  if (colon < 0) return SOURCES;
  const name = prefix.slice(0, colon + 1);
  return fileNames(prefix.slice(colon + 1)).map((path) => name + path);
}

/** What is in the folder of a path; folders end in a slash. */
function fileNames(path: string): string[] {
  const folder = path.slice(0, path.lastIndexOf("/") + 1);
  return [...Deno.readDirSync(folder || ".")].map(({ name, isDirectory, isSymlink }) => {
    const found = folder + name;
    return isDirectory || (isSymlink && isFolder(found)) ? `${found}/` : found;
  });
}

function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

/** The values that say which repository is meant. */
function toValues(given: ReadonlyMap<string, string>): CommandValues {
  const values = new Map<string, CommandValue[]>();
  for (const [name, text] of given) {
    values.set(name, [name === "port" ? Number(text) : { text }]);
  }
  return new CommandValues(values);
}

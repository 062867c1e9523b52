import { withoutMark } from "../../lib/bytes/mod.ts";
import {
  findSnapshot,
  formatGroupPath,
  formatSnapshotPath,
  isLatestPath,
  parseGroupPath,
  parseSnapshotPath,
  type Repository,
} from "../../lib/repository/mod.ts";
import type { CommandValue } from "../arguments/command_values.ts";
import { CommandValues } from "../arguments/command_values.ts";
import type { CompletionKind, Parameter } from "../command.ts";
import type { CommandContext } from "../command_context.ts";
import { userFile } from "../files/user_file.ts";
import { formatSize } from "../output/format_size.ts";
import { selectRepository } from "../repository/select_repository.ts";
import type { Candidate } from "./candidate.ts";

const BOOLEANS = ["0", "1", "yes", "no", "true", "false", "on", "off"];
const CHUNK_SIZES = ["64", "128", "256", "512", "1024", "2048", "4096"];
const SOURCES = ["root.pxar:/", "etc.pxar:/etc"];
/** Levels of namespaces that are offered at a time. */
const NAMESPACE_LEVELS = 2;

/** Source of values, and what is typed already. */
export interface ValueRequest {
  readonly parameter: Parameter;
  readonly given: ReadonlyMap<string, string>;
  readonly prefix: string;
  /** Repository in which groups, snapshots and archives are looked up. */
  readonly namespace: string;
}

/**
 * Values that a parameter may have, as far as they are known (spec: cli.md §1.9).
 *
 * @throws {PbsError} if a repository that has to be asked cannot be.
 */
export async function valueCandidates(
  request: ValueRequest,
  context: CommandContext,
): Promise<Candidate[]> {
  const { parameter, prefix } = request;
  const { completion, type } = parameter;
  const candidates = completion !== undefined
    ? await fromCompletion(completion, request, context)
    : type.kind === "enum"
    ? plain(type.values)
    : type.kind === "boolean"
    ? plain(BOOLEANS)
    : [];
  return candidates.filter(({ text }) => text.startsWith(prefix));
}

function plain(texts: readonly string[]): Candidate[] {
  return texts.map((text) => ({ text }));
}

async function fromCompletion(
  completion: CompletionKind,
  request: ValueRequest,
  context: CommandContext,
): Promise<readonly Candidate[]> {
  const { prefix } = request;
  switch (completion) {
    case "chunk-size":
      return plain(CHUNK_SIZES);
    case "file-name":
      return plain(fileNames(prefix));
    case "backup-source":
      return plain(backupSources(prefix));
    case "repository":
      return plain(usedRepositories(context));
    case "mapping":
      return await mappings();
    case "job":
      return await jobs(request, context);
    case "command":
    case "archive-path":
      return [];
    default:
      return await fromRepository(completion, request, context);
  }
}

async function mappings(): Promise<Candidate[]> {
  const { Mappings } = await import("../../lib/mapping/mod.ts");
  const all = new Mappings();
  return (await all.list()).map(({ name, device, file, isFile }) => {
    const place = isFile ? file : device === undefined ? undefined : all.loops.pathOf(device);
    return place === undefined ? { text: name } : { text: place, description: name };
  });
}

async function jobs({ given }: ValueRequest, context: CommandContext): Promise<Candidate[]> {
  const { openJobsFile } = await import("../configuration/open_jobs_file.ts");
  const { jobs } = openJobsFile(givenValues(given), context);
  return jobs.map(({ name }) => ({ text: name }));
}

async function fromRepository(
  completion: Exclude<
    CompletionKind,
    | "chunk-size"
    | "file-name"
    | "backup-source"
    | "repository"
    | "command"
    | "archive-path"
    | "mapping"
    | "job"
  >,
  { given, prefix, namespace }: ValueRequest,
  context: CommandContext,
): Promise<Candidate[]> {
  await using repository = await context.repositories.open(
    selectRepository(givenValues(given), context),
    { environment: context.environment, output: context.output, mayAsk: false },
  );
  switch (completion) {
    case "group":
      return await groups(repository, namespace);
    case "snapshot":
      return await snapshots(repository, namespace, prefix);
    case "group-or-snapshot":
      // With the second slash a time begins.
      if (prefix.split("/").length > 2) return await snapshots(repository, namespace, prefix);
      return (await groups(repository, namespace)).flatMap((group) => [
        group,
        { text: `${group.text}/`, description: "its snapshots" },
      ]);
    case "archive-name":
      return await archives(repository, namespace, given.get("snapshot") ?? "");
    case "image-name":
      return (await archives(repository, namespace, given.get("snapshot") ?? ""))
        .filter(({ text }) => text.endsWith(".img"));
    case "tree-archive-name":
      return (await archives(repository, namespace, given.get("snapshot") ?? ""))
        .filter(({ text }) => /\.[mp]?pxar$/.test(text));
    case "namespace":
      return await namespaces(repository, prefix);
  }
}

async function groups(repository: Repository, namespace: string): Promise<Candidate[]> {
  return (await repository.listGroups(namespace)).map((group) => ({
    text: formatGroupPath(group),
    description: firstLine(group.comment) ??
      (group.backupCount === 1 ? "1 snapshot" : `${group.backupCount} snapshots`),
  }));
}

async function snapshots(
  repository: Repository,
  namespace: string,
  prefix: string,
): Promise<Candidate[]> {
  // Once the group is typed the others need not be read.
  const [type, id, time] = prefix.split("/", 3);
  const path = type && id && time !== undefined ? `${type}/${id}` : undefined;
  const group = path === undefined ? undefined : parseGroupPath(path);
  return (await repository.listSnapshots(namespace, group)).map((snapshot) =>
    described(formatSnapshotPath(snapshot), firstLine(snapshot.comment))
  );
}

async function archives(
  repository: Repository,
  namespace: string,
  path: string,
): Promise<Candidate[]> {
  const isNewest = path.split("/").length === 2 || isLatestPath(path);
  const snapshot = isNewest
    ? await findSnapshot(repository, namespace, path)
    : parseSnapshotPath(path);
  const files = await repository.listFiles(namespace, snapshot);
  return files.map(({ filename, size }) =>
    described(
      filename.replace(/\.(?:[df]idx|blob)$/, ""),
      size === undefined ? undefined : formatSize(size),
    )
  );
}

async function namespaces(repository: Repository, prefix: string): Promise<Candidate[]> {
  const parent = prefix.includes("/") ? prefix.slice(0, prefix.lastIndexOf("/")) : "";
  const found = await repository.listNamespaces(parent, NAMESPACE_LEVELS);
  return found.map(({ namespace, comment }) => described(namespace, firstLine(comment)));
}

function described(text: string, description: string | undefined): Candidate {
  return description === undefined ? { text } : { text, description };
}

/** Notes may have many lines, or none. */
function firstLine(text: string | undefined): string | undefined {
  return text?.split("\n")[0] || undefined;
}

/** Repositories that were used before, as the official client remembers them (cli.md §5.1). */
function usedRepositories({ environment }: CommandContext): string[] {
  const path = userFile(environment, "XDG_CACHE_HOME", ".cache", "repo-list");
  if (path === undefined) return [];
  try {
    return Object.keys(JSON.parse(withoutMark(Deno.readTextFileSync(path))));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

function backupSources(prefix: string): string[] {
  const colon = prefix.indexOf(":");
  if (colon < 0) return SOURCES;
  const name = prefix.slice(0, colon + 1);
  return fileNames(prefix.slice(colon + 1)).map((path) => name + path);
}

/** Names in the folder of a path; folders end in a slash. */
export function fileNames(path: string): string[] {
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

/** Values of an unfinished line, as far as they say which repository is meant. */
export function givenValues(given: ReadonlyMap<string, string>): CommandValues {
  const values = new Map<string, CommandValue[]>();
  for (const [name, text] of given) {
    values.set(name, [name === "port" ? Number(text) : { text }]);
  }
  return new CommandValues(values);
}

import { trimTextEnd } from "../../lib/bytes/mod.ts";
import { BACKUP_KEYS } from "../configuration/job_keys.ts";

/** A value that a key of our file has. */
export type ImportedValue = string | number | boolean | readonly string[];

/** A table of our file; inner tables have keys with a dot. */
export type ImportedTable = Map<string, ImportedValue>;

/** Jobs that a configuration of another program becomes. */
export class ImportedJobs {
  readonly repositories = new Map<string, ImportedTable>();
  readonly defaults: ImportedTable = new Map();
  readonly jobs = new Map<string, ImportedTable>();
  readonly alerts = new Map<string, ImportedTable>();
  /** Lines about what was not understood, or has to be decided, without values of secrets. */
  readonly remarks: string[] = [];

  /** Notes that a key was left out, or needs somebody to look at it. */
  remark(key: string, why: string): void {
    this.remarks.push(`${key}: ${why}`);
  }

  /**
   * A place in which nobody else's data is, for a repository of the other program; its formats are not
   * ours.
   *
   * @param where As the other program has it.
   * @returns The name of the repository here.
   */
  addRepository(where: string, label: string | undefined): string {
    const name = this.#freeName(label ?? (isLocal(where) ? "local" : hostOf(where) ?? "remote"));
    const host = isLocal(where) ? undefined : hostOf(where);
    const repository = isLocal(where)
      ? `${trimTextEnd(where, "/") || "/srv/backup"}-pbs`
      : `backup@pbs!token@${host ?? "pbs.example.org"}:datastore`;
    this.repositories.set(name, new Map([["repository", repository]]));
    this.remark(
      `repositories.${name}.repository`,
      `was ${withoutPassword(where)}, which only the other program can read: name a datastore` +
        (host === undefined ? "" : ", and where the secret is (password-file)"),
    );
    return name;
  }

  #freeName(wish: string): string {
    const base = nameOf(wish) || "repository";
    for (let number = 1;; number++) {
      const name = number === 1 ? base : `${base}-${number}`;
      if (!this.repositories.has(name)) return name;
    }
  }
}

/** A text as a name in our file; empty if nothing of it will do. */
export function nameOf(text: string): string {
  return trimTextEnd(
    text.replaceAll(/[^A-Za-z0-9_-]+/g, "-").replace(/^[-_]+/, "").slice(0, 64),
    "-",
  );
}

/** Whether `backup` has such an option, by the name of a key. */
export function isBackupKey(name: string): boolean {
  return BACKUP_KEYS.some((key) => key.name === name);
}

/**
 * Archives for paths: `root.pxar:/`, `etc.pxar:/etc`, `home-joe.pxar:/home/joe`.
 *
 * @param onUnknown Called with a path that is relative, or stands for several.
 */
export function sourcesOf(
  paths: readonly string[],
  onUnknown: (path: string) => void,
): string[] {
  const names = new Set<string>();
  return paths.flatMap((path) => {
    if (!path.startsWith("/") || /[*?[\]\n]/.test(path)) {
      onUnknown(path);
      return [];
    }
    const base = nameOf(path.replace(/^\/+/, "")) || "root";
    let name = base;
    for (let number = 2; names.has(name); number++) name = `${base}-${number}`;
    names.add(name);
    return [`${name}.pxar:${path}`];
  });
}

/** Sets a list of a key that `backup` has; files that lists name have to be absolute paths. */
export function setList(
  imported: ImportedJobs,
  job: ImportedTable,
  key: string,
  texts: readonly string[],
): void {
  const kept = texts.filter((text) => {
    if (key === "exclude-if-present" || text.startsWith("/")) return true;
    imported.remark(key, `${text} is no absolute path`);
    return false;
  });
  if (kept.length > 0) job.set(key, kept);
}

/** A command that runs unless the job has failed, as what other programs run after a success does. */
export function afterSuccess(command: string): string {
  return `[ "$PBS_JOB_OUTCOME" = failed ] || {\n${command}\n}`;
}

function isLocal(where: string): boolean {
  return where.startsWith("/");
}

/** The host in `ssh://user@host:22/path`, `user@host:path`, `sftp:user@host:/path`, `rest:https://…`. */
function hostOf(where: string): string | undefined {
  const rest = where.replace(/^(?:rest|sftp|s3|b2|azure|gs|swift|rclone):/, "");
  const authority = /^[a-z0-9+]+:\/\/([^/]+)/.exec(rest)?.[1] ?? rest.split(":")[0]!;
  const host = authority.slice(authority.lastIndexOf("@") + 1).split(":")[0]!;
  return /^[A-Za-z0-9][A-Za-z0-9.-]*$/.test(host) ? host : undefined;
}

function withoutPassword(where: string): string {
  return where.replace(/\/\/[^@/]*@/, "//…@");
}

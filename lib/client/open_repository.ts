import { AuthError } from "../errors/mod.ts";
import {
  type BucketRepositoryAddress,
  parseRepository,
  type Repository,
  type ServerRepositoryAddress,
} from "../repository/mod.ts";
import { openRemoteRepository } from "../remote/mod.ts";
import { BackupRepository } from "./backup_repository.ts";
import { type EncryptionOptions, openClientKey } from "./client_key.ts";
import { pathText } from "./path_bytes.ts";

/** How to open a repository. */
export interface OpenOptions {
  /** Makes a datastore directory, or a datastore in a bucket, that does not exist. Default false. */
  readonly create?: boolean;
  /** Namespace of all snapshots, such as `site/rack1`. Default: the root namespace. */
  readonly namespace?: string;
  /** Password of a server's user, or secret of its API token. */
  readonly password?: string;
  /** Keys of an object store, for a datastore in a bucket. */
  readonly bucketKeys?: { readonly accessKey: string; readonly secretKey: string };
  /** SHA-256 fingerprint of a server's certificate that no authority vouches for. */
  readonly fingerprint?: string;
  /** Limits of the network's use, each direction for itself. */
  readonly limits?: { readonly rateBytesPerSecond: number; readonly burstBytes?: number };
  /** Key that encrypts or signs new snapshots, and reads such ones. */
  readonly encryption?: EncryptionOptions;
}

/**
 * Opens a repository: a datastore directory of this machine, a datastore of a server, or one in a
 * bucket of an object store, which needs no server and may have several writers.
 *
 * @param where A path that contains a slash, a `file:` URL, or `[[user@]server[:port]:]datastore`,
 * where the server may be `[vsock:CID]` if the runtime was started with `--unstable-vsock`, or
 * `s3:https://HOST[:PORT]/BUCKET/DATASTORE`, perhaps with `?region=…` and `&style=virtual`.
 * @throws {NotFoundError} if there is no such datastore and `create` is not set.
 * @throws {UsageError} if `where` is none of these; {AuthError} if a server needs a password, or a
 * bucket its keys.
 *
 * @example Back up a folder and read a file back
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { openRepository } from "./mod.ts";
 *
 * const folder = await Deno.makeTempDir({ dir: "/dev/shm" });
 * await Deno.mkdir(`${folder}/etc`);
 * await Deno.writeTextFile(`${folder}/etc/hosts`, "127.0.0.1 localhost\n");
 * {
 *   await using repository = await openRepository(`${folder}/store`, { create: true });
 *   await repository.backup({ "etc.pxar": `${folder}/etc` }, { id: "example" });
 *   const snapshot = await repository.snapshot("host/example/latest");
 *   await using archive = snapshot.archive("etc.pxar");
 *   assertEquals(await archive.readTextFile("/hosts"), "127.0.0.1 localhost\n");
 * }
 * await Deno.remove(folder, { recursive: true });
 * ```
 *
 * @example A bucket instead of a folder
 * ```ts ignore
 * await using repository = await openRepository("s3:https://s3.example.com/backups/tank", {
 *   bucketKeys: { accessKey: "backupuser", secretKey: Deno.env.get("PBS_S3_SECRET_KEY")! },
 *   create: true,
 * });
 * await repository.backup({ "etc.pxar": "/etc" }, { id: "example" });
 * ```
 */
export async function openRepository(
  where: string | URL,
  options: OpenOptions = {},
): Promise<BackupRepository> {
  const crypt = options.encryption === undefined
    ? undefined
    : await openClientKey(options.encryption);
  const address = where instanceof URL
    ? { kind: "directory", path: pathText(where) } as const
    : parseRepository(where);
  const repository = address.kind === "directory"
    ? await openDirectory(address.path, options.create ?? false)
    : address.kind === "bucket"
    ? await openBucket(address, options)
    : await openServer(address, options);
  return new BackupRepository(repository, options.namespace ?? "", crypt);
}

async function openDirectory(path: string, create: boolean): Promise<Repository> {
  const { Datastore, LocalRepository } = await import("../datastore/mod.ts");
  return new LocalRepository(
    create ? Datastore.openOrCreate(path).datastore : Datastore.open(path),
  );
}

async function openBucket(
  address: BucketRepositoryAddress,
  { bucketKeys, fingerprint, limits, create = false }: OpenOptions,
): Promise<Repository> {
  if (bucketKeys === undefined) {
    throw new AuthError(`"${address.bucket}" is a bucket, which needs its keys: give bucketKeys`);
  }
  const { openBucketRepository } = await import("../shared_bucket/mod.ts");
  const options = { ...bucketKeys, fingerprint, limits, create };
  return (await openBucketRepository(address, options)).repository;
}

async function openServer(
  address: ServerRepositoryAddress,
  { password, fingerprint, limits }: OpenOptions,
): Promise<Repository> {
  return await openRemoteRepository({
    address,
    ...(password === undefined ? {} : { password }),
    ...(fingerprint === undefined ? {} : { fingerprint }),
    ...(limits === undefined ? {} : { limits }),
  });
}

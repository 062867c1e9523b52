import { S3Server } from "./s3_server.ts";

const BUCKET = "backups";

/** A bucket of a real server on loopback, as those need it who name it on a command line. */
export class ServedBucket implements AsyncDisposable {
  private constructor(readonly server: S3Server) {}

  static async start(): Promise<ServedBucket> {
    return new ServedBucket(await S3Server.start({ bucket: BUCKET, tls: false }));
  }

  /** Repository string of a datastore. */
  address(store: string): string {
    return `s3:http://127.0.0.1:${this.server.options.port}/${BUCKET}/${store}`;
  }

  /** Variables with the keys. @param word Stands in their names: `FROM_` in `PBS_FROM_S3_ACCESS_KEY`. */
  keys(word = ""): Record<string, string> {
    const { accessKey, secretKey } = this.server.options;
    return { [`PBS_${word}S3_ACCESS_KEY`]: accessKey, [`PBS_${word}S3_SECRET_KEY`]: secretKey };
  }

  /** The folder in which the objects of a datastore are files, named by their keys. */
  folder(store: string): string {
    return `${this.server.folder}/${store}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
  }
}

import { fromFileUrl } from "@std/path";
import { createSelfSignedCertificate } from "../../lib/tls/mod.ts";
import { TempDir } from "./temp_dir.ts";

/** Peers that a test with a mail server needs. */
export const MAIL_SERVER_PEERS: readonly string[] = [
  "/usr/bin/python3",
  "/usr/lib/python3/dist-packages/aiosmtpd/smtp.py",
];

/** A mail server on the loopback; its folder also has room for files of the test. */
export class MailServer implements AsyncDisposable {
  private constructor(
    readonly dir: TempDir,
    readonly port: number,
    readonly fingerprint: string,
    readonly process: Deno.ChildProcess,
  ) {}

  /**
   * Starts a server; the certificate is for `localhost` and in the file `certificate.pem`.
   *
   * @param options As in mail_server.py.
   */
  static async start(
    security: "plain" | "starttls" | "tls",
    ...options: readonly "login"[]
  ): Promise<MailServer> {
    const dir = await TempDir.make();
    const made = await createSelfSignedCertificate({ names: ["localhost", "127.0.0.1"] });
    await Deno.writeTextFile(`${dir.path}/certificate.pem`, made.certificate);
    await Deno.writeTextFile(`${dir.path}/key.pem`, made.privateKey);
    await Deno.mkdir(`${dir.path}/mails`);
    const process = new Deno.Command("/usr/bin/python3", {
      args: [
        fromFileUrl(new URL("mail_server.py", import.meta.url)),
        security,
        `${dir.path}/certificate.pem`,
        `${dir.path}/key.pem`,
        `${dir.path}/mails`,
        ...options,
      ],
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let line = "";
    while (!line.includes("\n")) {
      const { value, done } = await reader.read();
      if (done) throw new Error("the mail server ended");
      line += value;
    }
    await reader.cancel();
    return new MailServer(dir, Number(line), made.fingerprint, process);
  }

  /** The mails that it took, with a line on connection and login and one on the envelope. */
  mails(): string[] {
    const folder = `${this.dir.path}/mails`;
    return [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => /^\d/.test(name))
      .toSorted((a, b) => Number(a) - Number(b))
      .map((name) => Deno.readTextFileSync(`${folder}/${name}`));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.kill("SIGKILL");
    await this.process.status;
    await this.dir[Symbol.asyncDispose]();
  }
}

import { createHash, X509Certificate } from "node:crypto";
import type { CertificateAndKey } from "../../../lib/tls/mod.ts";
import { TempDir } from "../temp_dir.ts";

/** A certificate for 127.0.0.1 that has expired, and the authority that signed it; needs openssl. */
export async function expiredCertificate(): Promise<
  { readonly server: CertificateAndKey; readonly authority: string }
> {
  await using dir = await TempDir.make("/dev/shm");
  await Deno.writeTextFile(
    `${dir.path}/config`,
    `[ca]
default_ca = own
[own]
database = index
new_certs_dir = .
default_md = sha256
rand_serial = yes
policy = any
x509_extensions = extensions
[any]
commonName = supplied
[req]
distinguished_name = name
[name]
[extensions]
basicConstraints = critical,CA:false
subjectAltName = IP:127.0.0.1
`,
  );
  await Deno.writeTextFile(`${dir.path}/index`, "");
  const run = async (...args: string[]) => {
    const { success, stderr } = await new Deno.Command("openssl", { args, cwd: dir.path }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
  };
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const authority = ["-keyout", "authority-key", "-out", "authority", "-subj", "/CN=authority"];
  await run("req", "-x509", ...key, ...authority);
  const server = ["-keyout", "key", "-out", "asked", "-subj", "/CN=old", "-config", "config"];
  await run("req", "-new", ...key, ...server);
  const days = ["-startdate", "20200101000000Z", "-enddate", "20210101000000Z"];
  const files = ["-in", "asked", "-out", "made", "-keyfile", "authority-key", "-cert", "authority"];
  await run("ca", "-batch", "-notext", "-config", "config", ...days, ...files);
  const certificate = await Deno.readTextFile(`${dir.path}/made`);
  const sum = createHash("sha256").update(new X509Certificate(certificate).raw).digest("hex");
  return {
    server: {
      certificate,
      privateKey: await Deno.readTextFile(`${dir.path}/key`),
      fingerprint: sum.match(/../g)!.join(":"),
    },
    authority: await Deno.readTextFile(`${dir.path}/authority`),
  };
}

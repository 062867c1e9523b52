import { assert, assertEquals, assertMatch } from "@std/assert";
import { dirname } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { nativeLibraryPath } from "../../ffi/native_library_path.ts";

const ROOT = new URL("../../", import.meta.url);
/** 2.5 MB as the dry run counts them. */
const LIMIT_BYTES = 2.5 * 1024 * 1024;

/** A program that uses the package as a stranger would, with the folder it may use as argument. */
const PROGRAM = `
const [mod, folder] = Deno.args;
const { openRepository } = await import(mod);
await Deno.mkdir(folder + "/www");
await Deno.writeTextFile(folder + "/www/index.html", "<p>Hello</p>");
await using repository = await openRepository(folder + "/store", { create: true });
await repository.backup({ "www.pxar": folder + "/www" }, { id: "web1" });
await using archive = (await repository.snapshot("host/web1/latest")).archive("www.pxar");
await archive.restore(folder + "/restored");
console.log(await Deno.readTextFile(folder + "/restored/index.html"));
// A bucket takes what is loaded only then.
const nobody = Deno.listen({ hostname: "127.0.0.1", port: 0 });
const { port } = nobody.addr;
const hangingUp = (async () => {
  for await (const connection of nobody) connection.close();
})();
try {
  const bucketKeys = { accessKey: "a", secretKey: "b" };
  await openRepository("s3:http://127.0.0.1:" + port + "/bucket/tank", { bucketKeys });
} catch (error) {
  console.log(error.name);
}
nobody.close();
await hangingUp;
`;

async function runDeno(args: readonly string[], env: Record<string, string> = {}) {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: fileURLToPath(ROOT),
    env: { NO_COLOR: "1", ...env },
  }).output();
  const [output, errors] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  assert(success, errors);
  return { output: output!, errors: errors! };
}

/** Files that would be published, relative to the root. */
async function publishedFiles(): Promise<string[]> {
  const { output, errors } = await runDeno(["publish", "--dry-run", "--allow-dirty", "--no-check"]);
  const lines = (output + errors).matchAll(/^ +(file:\/\/\S+) \(.*B\)$/gm);
  return Array.from(lines, ([, url]) => url!.slice(ROOT.href.length));
}

Deno.test("the published package is small, has no test data and no keys, and works elsewhere", async () => {
  const files = await publishedFiles();
  assert(files.includes("mod.ts") && files.includes("native/Cargo.toml"), files.join("\n"));
  for (const file of files) {
    assertMatch(file, /^(?:(?:mod\.ts|deno\.json|[A-Z]+(?:\.md)?)$|lib\/|ffi\/|native\/)/);
    assertEquals(
      /_test\.(?:ts|rs)$|(?:^|[_/])vectors?(?!s?\.rs$)|\.(?:key|pem|zst|didx|fidx|blob)$/.test(
        file,
      ),
      false,
    );
  }
  let bytes = 0;
  const folder = await Deno.makeTempDir({ dir: "/dev/shm" });
  try {
    for (const file of files) {
      await Deno.mkdir(dirname(`${folder}/package/${file}`), { recursive: true });
      await Deno.copyFile(new URL(file, ROOT), `${folder}/package/${file}`);
      bytes += (await Deno.stat(`${folder}/package/${file}`)).size;
    }
    assert(bytes < LIMIT_BYTES, `the package has ${bytes} bytes`);
    await Deno.copyFile(nativeLibraryPath(), `${folder}/package/libpbs_native.so`);
    await Deno.writeTextFile(`${folder}/program.ts`, PROGRAM);
    const mod = pathToFileURL(`${folder}/package/mod.ts`).href;
    const options = ["--allow-all", "--no-check", "--no-lock"];
    const config = ["--config", `${folder}/package/deno.json`];
    const { output } = await runDeno(
      ["run", ...options, ...config, `${folder}/program.ts`, mod, folder],
      { PBS_CLIENT_NATIVE: "" },
    );
    assertEquals(output, "<p>Hello</p>\nConnectionError\n");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

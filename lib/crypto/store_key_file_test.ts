import { assertEquals, assertThrows } from "@std/assert";
import { storeKeyFile } from "./store_key_file.ts";

async function inFolder(body: (folder: string) => void): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function modeOf(path: string): number {
  return Deno.statSync(path).mode! & 0o777;
}

Deno.test("storeKeyFile() makes a file that only its owner can read, whatever the umask", async () => {
  const before = Deno.umask(0);
  try {
    await inFolder((folder) => {
      storeKeyFile(`${folder}/key`, "secret", { replace: false });
      storeKeyFile(`${folder}/public`, "open", { replace: false, mode: 0o644 });
      assertEquals([modeOf(`${folder}/key`), modeOf(`${folder}/public`)], [0o600, 0o644]);
    });
  } finally {
    Deno.umask(before);
  }
});

Deno.test("storeKeyFile() leaves a file that is there alone unless it may replace it", async () => {
  await inFolder((folder) => {
    Deno.writeTextFileSync(`${folder}/key`, "old");
    Deno.symlinkSync("nowhere", `${folder}/link`);
    for (const name of ["key", "link"]) {
      assertThrows(
        () => storeKeyFile(`${folder}/${name}`, "new", { replace: false }),
        Deno.errors.AlreadyExists,
      );
    }
    assertEquals(Deno.readTextFileSync(`${folder}/key`), "old");
    Deno.chmodSync(`${folder}/key`, 0o644);
    storeKeyFile(`${folder}/key`, "new", { replace: true });
    assertEquals([Deno.readTextFileSync(`${folder}/key`), modeOf(`${folder}/key`)], ["new", 0o600]);
    assertEquals([...Deno.readDirSync(folder)].length, 2);
  });
});

Deno.test("storeKeyFile() leaves nothing behind when it fails", async () => {
  await inFolder((folder) => {
    Deno.mkdirSync(`${folder}/key`);
    assertThrows(() => storeKeyFile(`${folder}/key`, "new", { replace: true }));
    assertThrows(() => storeKeyFile(`${folder}/no/key`, "new", { replace: false }));
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["key"]);
  });
});

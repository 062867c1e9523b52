import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { UsageError } from "../errors/mod.ts";
import { ConfigTable, TableError } from "../tables/mod.ts";
import { resolveSecret } from "./resolve_secret.ts";
import { secretReferenceOf } from "./secret_reference_of.ts";

function referenceOf(values: Record<string, unknown>) {
  return secretReferenceOf(new ConfigTable(values, ["t"]), "password");
}

Deno.test("secretReferenceOf() knows three places and refuses the secret itself", () => {
  assertEquals(referenceOf({}), undefined);
  assertEquals(referenceOf({ "password-command": "pass x" }), {
    kind: "command",
    words: ["/bin/sh", "-c", "pass x"],
  });
  assertEquals(referenceOf({ "password-command": ["pass", "x"] }), {
    kind: "command",
    words: ["pass", "x"],
  });
  assertEquals(referenceOf({ "password-credential": "c" }), { kind: "credential", name: "c" });
  const cases: [Record<string, unknown>, string][] = [
    [
      { password: "hunter2" },
      "t.password: a secret must not be in this file: write where it is, as",
    ],
    [{ "password-file": "x" }, "t.password-file: must be an absolute path"],
    [{ "password-credential": "../x" }, "t.password-credential: must be the name"],
    [{ "password-credential": ".." }, "t.password-credential: must be the name"],
    [{ "password-file": "/x", "password-command": "y" }, "t.password-file: only one place"],
    [{ "password-command": [] }, "t.password-command: must not be empty"],
  ];
  for (const [values, message] of cases) {
    const error = assertThrows(() => referenceOf(values), TableError, message);
    assertEquals(error.message.includes("hunter2"), false);
  }
});

Deno.test("resolveSecret() reads the first line and tells nothing of the rest", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const environment = { get: () => folder };
    await Deno.writeTextFile(`${folder}/c`, "\ufeffsecret\r\nmore");
    const file = { kind: "file", path: `${folder}/c` } as const;
    assertEquals(await resolveSecret(file, environment), "secret");
    const credential = { kind: "credential", name: "c" } as const;
    assertEquals(await resolveSecret(credential, environment), "secret");
    await assertRejects(
      () => resolveSecret(credential, { get: () => undefined }),
      UsageError,
      "no service manager",
    );
    const words = ["/bin/sh", "-c", "echo hunter2; echo hunter3 >&2; exit 3"];
    const error = await assertRejects(
      () => resolveSecret({ kind: "command", words }, environment),
      UsageError,
      "failed to print a secret: status code 3",
    );
    assertEquals(error.message.includes("hunter"), false);
    await Deno.writeTextFile(`${folder}/c`, "\nsecond");
    await assertRejects(() => resolveSecret(file, environment), UsageError, "first line is empty");
    await Deno.remove(`${folder}/c`);
    await assertRejects(() => resolveSecret(file, environment), UsageError, `"${folder}/c"`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("resolveSecret() ends a command that does not end, and what it has started", async () => {
  const words = ["/bin/sh", "-c", "sleep 1000; echo secret"];
  await assertRejects(
    () => resolveSecret({ kind: "command", words }, { get: () => undefined }, 100),
    UsageError,
    '"/bin/sh" printed no secret in 0.1 s',
  );
});

Deno.test("resolveSecret() takes no more than a secret has, however much there is", async () => {
  const environment = { get: () => undefined };
  await assertRejects(
    () => resolveSecret({ kind: "file", path: "/dev/zero" }, environment),
    UsageError,
    'cannot read the secret in "/dev/zero": it has more than 65536 bytes',
  );
  const words = ["/bin/cat", "/dev/zero"];
  await assertRejects(
    () => resolveSecret({ kind: "command", words }, environment),
    UsageError,
    '"/bin/cat" printed more than 65536 bytes, no secret',
  );
});

Deno.test("resolveSecret() does not wait for what a command leaves running", async () => {
  const folder = await Deno.makeTempDir();
  try {
    // Out of the group that would be ended, with the output open.
    const script = `setsid sleep 600 & echo $! >${folder}/left; echo secret`;
    const words = ["/bin/sh", "-c", script];
    assertEquals(
      await resolveSecret({ kind: "command", words }, { get: () => undefined }),
      "secret",
    );
    Deno.kill(Number(await Deno.readTextFile(`${folder}/left`)), "SIGKILL");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

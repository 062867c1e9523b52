import { assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "../../lib/errors/mod.ts";
import { readEnvironmentSecret } from "./read_environment_secret.ts";

function read(variables: Record<string, string>): string | undefined {
  return readEnvironmentSecret({ get: (name) => variables[name] }, "X", "x.credential");
}

Deno.test("readEnvironmentSecret() takes the first line of the first source that is defined", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/x.credential`, "credential\n");
    await Deno.writeTextFile(`${folder}/file`, "file\r\nmore");
    const credential = { CREDENTIALS_DIRECTORY: folder };
    const command = { ...credential, X_CMD: "printf 'command\\nmore'" };
    const file = { ...command, X_FILE: `${folder}/file` };
    assertEquals(read({}), undefined);
    assertEquals(read({ CREDENTIALS_DIRECTORY: "/nonexistent" }), undefined);
    assertEquals(read(credential), "credential");
    assertEquals(read(command), "command");
    assertEquals(read(file), "file");
    assertEquals(read({ ...file, X: "" }), "");
    assertEquals(read({ X: "a\r\nb" }), "a");
    assertEquals(read({ X: " a\r" }), " a\r");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("readEnvironmentSecret() leaves out what editors add to files", async () => {
  const folder = await Deno.makeTempDir();
  try {
    for (const end of ["", "\n", "\r\n"]) {
      await Deno.writeTextFile(`${folder}/x.credential`, `\ufeffsecret${end}`);
      assertEquals(read({ CREDENTIALS_DIRECTORY: folder }), "secret");
      assertEquals(read({ X_FILE: `${folder}/x.credential` }), "secret");
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("readEnvironmentSecret() passes over empty sources where empty is unset", () => {
  const get = (variables: Record<string, string>) =>
    readEnvironmentSecret({ get: (name) => variables[name] }, "X", "x", { emptyIsUnset: true });
  assertEquals(get({ X: "" }), undefined);
  assertEquals(get({ X: "", X_FILE: "", X_CMD: "echo second" }), "second");
  assertEquals(get({ X: "", X_CMD: "true" }), undefined);
  assertEquals(read({ X: "", X_CMD: "echo second" }), "");
});

Deno.test("readEnvironmentSecret() says which source failed and how", () => {
  const cases: [Record<string, string>, string][] = [
    [
      { X_FILE: "/nonexistent" },
      "unable to open file in ENV(X_FILE): No such file or directory (os error 2)",
    ],
    [{ X_FD: "-1" }, "unable to parse file descriptor in ENV(X_FD): invalid digit"],
    [{ X_CMD: "" }, "no command in ENV(X_CMD)"],
    [{ X_CMD: "false x" }, 'command "false" "x" failed - status code: 1 - no error message'],
    [{ X_CMD: "sh -c 'echo why >&2; exit 3'" }, "status code: 3 - why"],
    [
      { X_CMD: "/nonexistent/program" },
      'failed to execute "/nonexistent/program" - No such file or directory (os error 2)',
    ],
    [{ X_CMD: "/etc/passwd" }, 'failed to execute "/etc/passwd" - Permission denied (os error 13)'],
    [{ X_CMD: "sh -c 'kill -9 $$'" }, "failed - terminated by signal"],
    // Without a bound these take all the memory there is.
    [{ X_CMD: "cat /dev/zero" }, 'command "cat" "/dev/zero" failed - it prints more than 1048576'],
    [{ X_CMD: "sh -c 'exec cat /dev/zero >&2'" }, "failed - it prints more than 1048576 bytes"],
    [{ X_FILE: "/dev/zero" }, "unable to open file in ENV(X_FILE): it has more than 1048576 bytes"],
    [
      { CREDENTIALS_DIRECTORY: "/dev", X_CREDENTIAL: "zero" },
      "unable to read credential 'zero': it has more than 1048576 bytes",
    ],
    [{ X_CMD: "'a" }, "shellword split failed - found unclosed quote."],
  ];
  for (const [{ X_CREDENTIAL: credential = "x.credential", ...variables }, message] of cases) {
    const get = (name: string) => variables[name];
    assertThrows(
      () => readEnvironmentSecret({ get }, "X", credential),
      UsageError,
      message,
      JSON.stringify(variables),
    );
  }
});

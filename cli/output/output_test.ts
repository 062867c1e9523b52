import { assertEquals, assertThrows } from "@std/assert";
import { ClosedOutputError, Output, type TextStream } from "./output.ts";
import { liveText } from "./live_text.ts";

class Stream implements TextStream {
  text = "";

  constructor(private readonly terminal = false, private readonly perWrite = Infinity) {}

  writeSync(bytes: Uint8Array): number {
    const part = bytes.subarray(0, this.perWrite);
    this.text += new TextDecoder().decode(part);
    return part.length;
  }

  isTerminal(): boolean {
    return this.terminal;
  }
}

function environment(variables: Record<string, string> = {}) {
  return { get: (name: string): string | undefined => variables[name] };
}

Deno.test("Output writes all of a text even if the stream takes a few bytes at a time", () => {
  const stdout = new Stream(false, 3);
  new Output(environment(), stdout, new Stream()).print("a longer text\n");
  assertEquals(stdout.text, "a longer text\n");
});

Deno.test("Output.printJson() sorts keys, leaves out what is absent and keeps letters", () => {
  const stdout = new Stream();
  const output = new Output(environment(), stdout, new Stream());
  const value = { b: 1, a: [{ d: undefined, c: "ü" }] };
  output.printJson(value, "json");
  output.printJson(value, "json-pretty");
  output.printJson([], "json-pretty");
  const pretty = '{\n  "a": [\n    {\n      "c": "ü"\n    }\n  ],\n  "b": 1\n}\n';
  assertEquals(stdout.text, `{"a":[{"c":"ü"}],"b":1}\n${pretty}[]\n`);
});

Deno.test("Output.log() obeys PBS_LOG, errorLine() does not", () => {
  const lines = (level: string | undefined): string => {
    const stderr = new Stream();
    const variables: Record<string, string> = level === undefined ? {} : { PBS_LOG: level };
    const output = new Output(environment(variables), new Stream(), stderr);
    for (const each of ["error", "warn", "info", "debug", "trace"] as const) output.log(each, each);
    output.errorLine("Error");
    return stderr.text.trimEnd().replaceAll("\n", " ");
  };
  assertEquals(lines(undefined), "error warn info Error");
  assertEquals(lines("off"), "Error");
  assertEquals(lines(""), "error Error");
  assertEquals(lines("DEBUG"), "error warn info debug Error");
  assertEquals(lines("5"), "error warn info debug trace Error");
  assertEquals(
    lines("x=debug").startsWith("env variable PBS_LOG found, but parsing failed"),
    true,
  );
  assertEquals(lines("x=debug").endsWith(" error warn info Error"), true);
});

Deno.test("Output.print() tells when the reader is gone", () => {
  const broken: TextStream = {
    writeSync: () => {
      throw new Deno.errors.BrokenPipe("gone");
    },
    isTerminal: () => false,
  };
  assertThrows(() => new Output(environment(), broken).print("x"), ClosedOutputError);
  // Messages are lost silently.
  new Output(environment(), new Stream(), broken).errorLine("x");
});

Deno.test("Output keeps the live line below the messages, on terminals only", () => {
  const stderr = new Stream(true);
  const output = new Output(environment(), new Stream(), stderr);
  output.setLiveLine(liveText("50%"));
  output.log("info", "message");
  output.clearLiveLine();
  assertEquals(stderr.text, "\r\x1b[K50%\r\x1b[Kmessage\n50%\r\x1b[K");

  const file = new Stream(false);
  new Output(environment(), new Stream(), file).setLiveLine(liveText("50%"));
  assertEquals(file.text, "");
});

Deno.test("Output.showsColors is true on terminals only, and not where somebody says no", () => {
  const shows = (variables: Record<string, string>, isTerminal = true) =>
    new Output({ get: (name) => variables[name] }, {
      writeSync: (bytes) => bytes.length,
      isTerminal: () => isTerminal,
    }).showsColors;
  assertEquals(shows({}), true);
  assertEquals(shows({ NO_COLOR: "" }), true);
  assertEquals(shows({ NO_COLOR: "1" }), false);
  assertEquals(shows({ TERM: "dumb" }), false);
  assertEquals(shows({}, false), false);
});

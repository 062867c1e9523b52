import { assertEquals, assertThrows } from "@std/assert";
import { CorruptDataError } from "../errors/mod.ts";
import { checkJsonShape } from "./_check_json_shape.ts";

Deno.test("checkJsonShape() takes a list of a hundred thousand snapshots", () => {
  const file = '{"crypt-mode":"none","filename":"root, [{.pxar.didx","size":123456}';
  const snapshot = `{"backup-id":"a\\"[[[[\\\\","backup-time":1700000000,"backup-type":"host",` +
    `"files":[${Array(10).fill(file).join()}],"owner":"backup@pbs","protected":false,"size":5}`;
  const text = `{"data":[${Array(100_000).fill(snapshot).join()}],"total":100000}`;
  checkJsonShape(text);
  assertEquals(JSON.parse(text).data.length, 100_000);
});

Deno.test("checkJsonShape() refuses what takes many times its own memory", () => {
  for (
    const [text, fault] of [
      [`{"data":[${"{},".repeat(4_000_000)}{}]}`, "has more values than any list"],
      [`{"data":[${"1,".repeat(9_000_000)}1]}`, "has more values than any list"],
      ["[".repeat(2_000_000), "is deeper than 128 levels"],
    ] as const
  ) {
    assertThrows(() => checkJsonShape(text), CorruptDataError, `the server's answer ${fault}`);
  }
  // No string of these has an end, or no value is in them.
  for (const text of ['"', '"\\', ",", "]"]) checkJsonShape(text.padEnd(2_000_000, "\\"));
});

import { CorruptDataError } from "../errors/mod.ts";

/** Up to this many characters a text may be anything. */
const SMALL_CHARACTERS = 1024 * 1024;
/** Of a text that is not small. Lists of a server have some 40 characters a value, 80 an object. */
const MAX_VALUES = 8_000_000;
const MAX_CONTAINERS = 3_000_000;
const MAX_DEPTH = 128;

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;

/**
 * Refuses JSON whose values would take many times the memory of its text: `[{},{},…` takes twenty times
 * it, and `[[[[…` more.
 *
 * @param text Of any kind; whether it is JSON is not looked at.
 * @throws {CorruptDataError} if it has too many values, or they are too deep in each other.
 */
export function checkJsonShape(text: string): void {
  if (text.length <= SMALL_CHARACTERS) return;
  let [values, containers, depth] = [0, 0, 0];
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case QUOTE:
        i = endOfString(text, i + 1);
        break;
      case COMMA:
        values++;
        break;
      case 0x5b:
      case 0x7b:
        containers++;
        depth++;
        if (depth > MAX_DEPTH) throw refusal(`is deeper than ${MAX_DEPTH} levels`);
        break;
      case 0x5d:
      case 0x7d:
        depth--;
    }
    if (values > MAX_VALUES || containers > MAX_CONTAINERS) {
      throw refusal("has more values than any list");
    }
  }
}

function endOfString(text: string, start: number): number {
  for (let i = start; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) return i;
    if (code === BACKSLASH) i++;
  }
  return text.length;
}

function refusal(fault: string): CorruptDataError {
  return new CorruptDataError(`the server's answer ${fault}`);
}

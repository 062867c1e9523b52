import { CorruptDataError } from "../errors/mod.ts";

/** Elements within each other; an object store's answers have four. */
const MAX_DEPTH = 16;
const NAME = /^[A-Za-z_][A-Za-z0-9_.:-]*$/;
const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
};

/** An element of an XML text, without its attributes. */
export interface XmlElement {
  readonly name: string;
  readonly children: readonly XmlElement[];
  /** Text directly in it. */
  readonly text: string;
}

interface OpenElement {
  readonly name: string;
  readonly children: XmlElement[];
  text: string;
}

/**
 * Reads as much of XML as object stores write: elements and text. Attributes, comments and
 * instructions are passed over; a document type, which may define entities, is refused.
 *
 * @returns The root.
 * @throws {CorruptDataError} if the text is no such XML.
 */
export function parseXml(text: string): XmlElement {
  const root: OpenElement = { name: "", children: [], text: "" };
  const open: OpenElement[] = [root];
  let at = 0;
  while (at < text.length) {
    const parent = open.at(-1)!;
    const next = text.indexOf("<", at);
    const end = next < 0 ? text.length : next;
    if (end > at) parent.text += decodeEntities(text.slice(at, end));
    if (next < 0) break;
    if (text.startsWith("<?", next)) at = behind(text, "?>", next + 2);
    else if (text.startsWith("<!--", next)) at = behind(text, "-->", next + 4);
    else if (text.startsWith("<![CDATA[", next)) {
      at = behind(text, "]]>", next + 9);
      parent.text += text.slice(next + 9, at - 3);
    } else {
      at = behind(text, ">", next + 1);
      readTag(text.slice(next + 1, at - 1), open);
    }
  }
  const [only] = root.children;
  if (open.length > 1) throw malformed(`"${open.at(-1)!.name}" has no end`);
  if (only === undefined || root.children.length > 1) throw malformed("it has not one root");
  if (/[^\s\ufeff]/.test(root.text)) throw malformed("there is text around its root");
  return only;
}

function readTag(tag: string, open: OpenElement[]): void {
  const parent = open.at(-1)!;
  if (tag.includes("<")) throw malformed("a tag has no end");
  if (tag.startsWith("/")) {
    if (open.length === 1 || tag.slice(1).trimEnd() !== parent.name) {
      throw malformed("an end belongs to no beginning");
    }
    open.pop();
    return;
  }
  const isEmpty = tag.endsWith("/");
  const space = /\s/.exec(tag)?.index;
  const name = tag.slice(0, space ?? (isEmpty ? -1 : undefined));
  if (!NAME.test(name)) throw malformed("a tag has no name");
  const element: OpenElement = { name, children: [], text: "" };
  parent.children.push(element);
  if (isEmpty) return;
  if (open.length > MAX_DEPTH) throw malformed("its elements are too deep in each other");
  open.push(element);
}

function behind(text: string, end: string, from: number): number {
  const at = text.indexOf(end, from);
  if (at < 0) throw malformed(`"${end}" is missing`);
  return at + end.length;
}

function decodeEntities(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(/&([^;&]{0,10});?/g, (whole, name: string) => {
    const known = Object.hasOwn(ENTITIES, name) ? ENTITIES[name] : undefined;
    if (whole.endsWith(";")) {
      if (known !== undefined) return known;
      const number = /^#(?:x([0-9A-Fa-f]{1,6})|([0-9]{1,7}))$/.exec(name);
      const code = number === null
        ? undefined
        : number[1] === undefined
        ? Number(number[2])
        : parseInt(number[1], 16);
      if (code !== undefined && code > 0 && code <= 0x10ffff) return String.fromCodePoint(code);
    }
    throw malformed("an entity is not known");
  });
}

function malformed(problem: string): CorruptDataError {
  return new CorruptDataError(`the answer is no XML of an object store: ${problem}`);
}

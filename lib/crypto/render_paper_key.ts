import type { PaperKey } from "./paper_key.ts";

const BEGIN = "-----BEGIN PROXMOX BACKUP KEY-----";
const END = "-----END PROXMOX BACKUP KEY-----";
/** Lines of a master key per QR code. */
const TEXT_BLOCK_LINES = 5;
const HTML_BLOCK_LINES = 20;

/**
 * A paper key as text, with its QR codes as block characters (spec: datastore-formats.md §5.7).
 *
 * @param subject A line above the key.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * const text = await paperKeyToText({ kind: "key-file", lines: ["{", "}"] }, "web server");
 * assert(text.startsWith("Subject: web server\n\n-----BEGIN PROXMOX BACKUP KEY-----\n{\n}\n"));
 * ```
 */
export async function paperKeyToText(
  { kind, lines }: PaperKey,
  subject?: string,
): Promise<string> {
  const textCode = await textEncoder();
  const head = subject === undefined ? "" : `Subject: ${subject}\n\n`;
  if (kind === "key-file") {
    return `${head}${[BEGIN, ...lines, END].join("\n")}\n${textCode(lines)}\n`;
  }
  const blocks = blocksOf(lines, TEXT_BLOCK_LINES).map(({ start, block }) =>
    block.map((line, index) => `${String(start + index).padStart(2)}: ${line}\n`).join("") +
    `${textCode(block)}\n\f\n`
  );
  return head + blocks.join("");
}

/** A paper key as a page for a printer; its QR codes are pictures within it. */
export async function paperKeyToHtml(
  { kind, lines }: PaperKey,
  subject?: string,
): Promise<string> {
  const { encodeQrCode, qrCodeToSvg } = await import("./_qr_code.ts");
  const picture = (block: readonly string[]) => {
    const svg = new TextEncoder().encode(qrCodeToSvg(encodeQrCode(block.join("\n"))));
    return svg.toBase64({ omitPadding: true });
  };
  const page = [
    "<!DOCTYPE html>",
    '<html lang="en">',
    "<head>",
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1.0">',
    "<title>Proxmox Backup Paperkey</title>",
    '<style type="text/css">',
    "p { font-size: 12pt; font-family: monospace; white-space: pre-wrap; line-break: anywhere; }",
    "</style>",
    "</head>",
    "<body>",
  ];
  if (subject !== undefined) page.push(`<p>Subject: ${escapeHtml(subject)}</p>`);
  if (kind === "key-file") {
    page.push(...htmlBlock([BEGIN, ...lines, END], picture(lines), "page-break-inside: avoid"));
  } else {
    const style = "page-break-inside: avoid;page-break-after: always";
    for (const { start, block } of blocksOf(lines, HTML_BLOCK_LINES)) {
      const numbered = block.map((line, index) =>
        `${String(start + index).padStart(2, "0")}: ${line}`
      );
      page.push(...htmlBlock(numbered, picture(block), style));
    }
  }
  page.push("</body>", "</html>");
  return `${page.join("\n")}\n`;
}

function htmlBlock(shown: readonly string[], picture: string, style: string): string[] {
  return [
    `<div style="${style}">`,
    "<p>",
    ...shown.map(escapeHtml),
    "</p>",
    "<center>",
    "<img",
    'width="500pt" height="500pt"',
    `src="data:image/svg+xml;base64,${picture}"/>`,
    "</center>",
    "</div>",
  ];
}

/** The QR encoder is loaded by those who print only: all commands load this room. */
async function textEncoder(): Promise<(lines: readonly string[]) => string> {
  const { encodeQrCode, qrCodeToText } = await import("./_qr_code.ts");
  return (lines) => qrCodeToText(encodeQrCode(lines.join("\n")));
}

function blocksOf(lines: readonly string[], length: number): { start: number; block: string[] }[] {
  const blocks = [];
  for (let start = 0; start < lines.length; start += length) {
    blocks.push({ start, block: lines.slice(start, start + length) });
  }
  return blocks;
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

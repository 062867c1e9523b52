import encodeQR from "qr";

/** Modules of a QR code, row by row, without a quiet zone: true is dark. */
export type QrModules = readonly (readonly boolean[])[];

/**
 * Makes a QR code: error correction level M, the smallest version that holds the text.
 *
 * @throws {RangeError} if the text is too long for any version.
 */
export function encodeQrCode(text: string): QrModules {
  const framed = encodeQR(text, "raw", { ecc: "medium", border: 1 });
  return framed.slice(1, -1).map((row) => row.slice(1, -1));
}

const HALF_BLOCKS = [" ", "▄", "▀", "█"] as const;

/** Two rows of modules per line of text, dark modules drawn: for black ink on white paper. */
export function qrCodeToText(modules: QrModules): string {
  let text = "";
  for (let y = 0; y < modules.length; y += 2) {
    const upper = modules[y]!;
    const lower = modules[y + 1];
    for (let x = 0; x < upper.length; x++) {
      text += HALF_BLOCKS[(upper[x] ? 2 : 0) + (lower?.[x] ? 1 : 0)];
    }
    text += "\n";
  }
  return text;
}

/** An SVG picture, one unit per module. */
export function qrCodeToSvg(modules: QrModules): string {
  const size = modules.length;
  let path = "";
  modules.forEach((row, y) => {
    for (let x = 0; x < size;) {
      const start = x;
      while (x < size && row[x]) x++;
      if (x > start) path += `M${start} ${y}h${x - start}v1h-${x - start}z`;
      else x++;
    }
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n` +
    `<svg xmlns="http://www.w3.org/2000/svg" version="1.1" width="${size}" height="${size}" ` +
    `viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges">` +
    `<rect width="${size}" height="${size}" fill="#ffffff"/>` +
    `<path d="${path}" fill="#000000"/></svg>\n`;
}

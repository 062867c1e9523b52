/** A member with bytes as text; where they are not UTF-8, there is one with them in Base64 as well. */
export function bytesToJson(name: string, bytes: Uint8Array): Record<string, string> {
  try {
    return { [name]: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
    return { [name]: new TextDecoder().decode(bytes), [`${name}-base64`]: btoa(binary) };
  }
}

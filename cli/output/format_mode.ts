const TYPES: Readonly<Record<number, string>> = {
  0o010000: "p",
  0o020000: "c",
  0o040000: "d",
  0o060000: "b",
  0o100000: "-",
  0o120000: "l",
  0o140000: "s",
};
const S_IFMT = 0o170000;

/**
 * The type and permissions of an entry in ten letters, such as `-rwxr-sr-t`; `?` for an unknown type.
 *
 * @param mode Complete `st_mode`.
 */
export function formatMode(mode: number): string {
  const special = ["s", "s", "t"];
  const letters = [6, 3, 0].map((shift, index) => {
    const bits = mode >> shift;
    const isSpecial = (mode & 0o4000 >> index) !== 0;
    const letter = special[index]!;
    const execute = (bits & 1) !== 0
      ? isSpecial ? letter : "x"
      : isSpecial
      ? letter.toUpperCase()
      : "-";
    return `${(bits & 4) !== 0 ? "r" : "-"}${(bits & 2) !== 0 ? "w" : "-"}${execute}`;
  });
  return `${TYPES[mode & S_IFMT] ?? "?"}${letters.join("")}`;
}

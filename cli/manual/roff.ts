/** Columns of a line of source; longer lines are harder to read in a difference. */
const SOURCE_WIDTH = 78;

const ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\e",
  "-": "\\-",
  "'": "\\(aq",
  "`": "\\(ga",
  "^": "\\(ha",
  "~": "\\(ti",
  '"': "\\(dq",
};

/** Text in which no character means markup (man(7), groff_char(7)). */
export function escapeRoff(text: string): string {
  return text.replaceAll(/[\\\-'`^~"]/g, (character) => ESCAPES[character]!);
}

/** Text in bold: what is typed as it is. */
export function bold(text: string): string {
  return `\\fB${escapeRoff(text)}\\fR`;
}

/** Text in italics: what stands for something else. */
export function italic(text: string): string {
  return `\\fI${escapeRoff(text)}\\fR`;
}

/**
 * Lines of source for running text: each sentence starts one, as `man` wants it, and none begins with
 * a character that would make it a request.
 *
 * @param text Escaped already.
 */
export function roffLines(text: string): string[] {
  const lines: string[] = [];
  for (const sentence of text.split(/(?<=[.:?!]) (?=[A-Z\\])/)) {
    let line = "";
    for (const word of sentence.split(" ")) {
      if (line !== "" && line.length + 1 + word.length > SOURCE_WIDTH) {
        lines.push(line);
        line = word;
      } else line = line === "" ? word : `${line} ${word}`;
    }
    lines.push(line);
  }
  return lines.map((line) => (/^[.']/.test(line) ? `\\&${line}` : line));
}

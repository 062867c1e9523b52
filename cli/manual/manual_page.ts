import type { ManualSubject } from "./manual_subject.ts";
import { bold, escapeRoff, roffLines } from "./roff.ts";

/** Facts that all pages of one edition share. */
export interface Edition {
  /** Name of the program, e.g. `pbs-client`. */
  readonly program: string;
  /** Purpose of the program, in a sentence or two. */
  readonly description: string;
  readonly subject: ManualSubject;
  readonly version: string;
  /** `YYYY-MM-DD`. */
  readonly date: string;
}

/** The source of a manual page of section 1, written from top to bottom (man(7)). */
export class ManualPage {
  readonly #lines: string[] = [];

  /**
   * @param name Name of the page, e.g. `pbs-client-backup`.
   * @param summary What it is about, in a line, without a full stop.
   */
  constructor(readonly name: string, readonly summary: string, edition: Edition) {
    this.#lines.push(
      `.TH ${escapeRoff(name.toUpperCase())} 1 ${edition.date} "${
        escapeRoff(`${edition.program} ${edition.version}`)
      }" "User Commands"`,
      // No hyphens within words, whose parts somebody may copy; ragged lines instead of wide blanks.
      ".nr HY 0",
      ".nh",
      ".ad l",
    );
    this.heading("NAME");
    this.text(`${escapeRoff(name)} \\- ${escapeRoff(summary)}`);
  }

  /** Begins a section. */
  heading(title: string): void {
    this.#lines.push(`.SH ${escapeRoff(title)}`);
  }

  /** Begins a section within a section. */
  subheading(title: string): void {
    this.#lines.push(`.SS ${escapeRoff(title)}`);
  }

  /** Running text right after a heading. @param text Escaped already. */
  text(text: string): void {
    this.#lines.push(...roffLines(text));
  }

  /** A paragraph. @param text Escaped already. */
  paragraph(text: string): void {
    const isFirst = /^\.S[HS] /.test(this.#lines.at(-1) ?? "");
    if (!isFirst) this.#lines.push(".PP");
    this.text(text);
  }

  /** A term and what it means. @param term Escaped already, as is the text. */
  definition(term: string, text: string): void {
    this.#lines.push(".TP", term);
    this.text(text);
  }

  /** A command line in pieces; all but the first line are indented. @param parts Escaped already. */
  synopsis(parts: readonly string[]): void {
    this.#lines.push(".HP", parts.join("\n"));
  }

  /** Something to type. */
  example(line: string): void {
    this.#lines.push(".PP", ".in +4n", ".EX", escapeRoff(line), ".EE", ".in");
  }

  /** References to other pages of section 1. */
  references(names: readonly string[]): void {
    names.forEach((name, index) => {
      this.#lines.push(`${bold(name)}(1)${index === names.length - 1 ? "" : ","}`);
    });
  }

  /** The source. */
  toString(): string {
    return this.#lines.join("\n") + "\n";
  }
}

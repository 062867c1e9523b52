/**
 * Citations of format chapters that lead nowhere.
 *
 * A citation is `CHAPTER.md §N`; further `§N` behind it, separated by commas or "and", belong to the
 * same chapter. A `§` behind the name of a public standard is none of ours.
 *
 * @param path Where the text stands, for messages.
 * @param text A source file or a document.
 * @param chapters Section numbers of each chapter, by file name.
 * @returns One line per problem.
 */
export function checkCitations(
  path: string,
  text: string,
  chapters: ReadonlyMap<string, ReadonlySet<string>>,
): string[] {
  const problems: string[] = [];
  // A citation may be broken between two lines of a comment.
  const flat = text.replaceAll(/\n[ \t]*(?:\*|\/\/[/!]?|#)?[ \t]*/g, " ");
  const inChapter = /^docs\/formats\/(?!README)(.+\.md)$/.exec(path)?.[1];
  let chapter = inChapter;
  let end = 0;
  const lost = (what: string) => problems.push(`${path}: ${what}`);
  for (
    const match of flat.matchAll(
      /([a-z0-9-]+\.md)(?=[\])(]|,? §)|§(\d+(?:\.\d+)*)(?:-§(\d[\d.]*))?/g,
    )
  ) {
    const [whole, name, from, to] = match;
    const gap = flat.slice(end, match.index);
    if (name !== undefined) {
      chapter = chapters.has(name) ? name : undefined;
      if (chapter === undefined && flat.startsWith(" §", match.index + whole.length)) {
        lost(`cites ${name}, which is no chapter of docs/formats`);
        chapter = FOREIGN;
      }
    } else if (STANDARD.test(flat.slice(Math.max(0, match.index - 40), match.index))) {
      chapter = FOREIGN;
    } else {
      // Prose between two citations ends the list, except within a chapter, which may cite itself.
      const continues = chapter !== undefined && SEPARATOR.test(gap);
      const cited = continues ? chapter : inChapter;
      if (cited === undefined) lost(`cites §${from} without naming the chapter`);
      else if (cited !== FOREIGN) {
        for (const number of [from, to]) {
          if (number !== undefined && !chapters.get(cited)!.has(number.replace(/\.$/, ""))) {
            lost(`cites ${cited} §${number}, which does not exist`);
          }
        }
      }
      chapter = cited;
    }
    end = match.index + whole.length;
  }
  return problems;
}

const FOREIGN = "another standard";

/** What may stand between the parts of one citation. */
const SEPARATOR =
  /^[\])(a-z/.0-9-]*(?:,? (?:rows? \d+|pitfalls? \d+|decision \d+))?(?:,|;| and| or|:)? ?(?:and )?$/;

/** A public standard in front of its section. */
const STANDARD = /(?:RFC \d+|FIPS [\d-]+|X\.\d+|ISO[\w/: -]*)(?:,? (?:§[\d.]+,? ?(?:and )?)*)?$/;

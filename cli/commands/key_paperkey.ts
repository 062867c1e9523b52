import {
  isPrivateKeyText,
  type PaperKey,
  paperKeyToHtml,
  paperKeyToText,
  readPaperKey,
} from "../../lib/crypto/mod.ts";
import { CorruptDataError, UsageError } from "../../lib/errors/mod.ts";
import type { CommandValues } from "../arguments/command_values.ts";
import type { CommandContext } from "../command_context.ts";
import type { CommandDefinition } from "../command_definition.ts";
import { readInputPath } from "../files/read_input.ts";
import { existingKeyPath } from "../keys/key_path.ts";
import { decodeKeyText } from "../keys/open_encryption_key.ts";
import { KEY_PATH_POSITIONAL } from "../options/key_options.ts";

/** `key paperkey` (spec: cli.md §4.14). */
export const command: CommandDefinition = {
  description: "Print a key on paper, with QR codes.",
  positionals: [{
    ...KEY_PATH_POSITIONAL,
    description: "Key file, or PEM file with a protected private master key; the default " +
      "encryption key if absent.",
  }],
  options: [
    {
      name: "subject",
      type: { kind: "string" },
      description: "A line above the key.",
    },
    {
      name: "output-format",
      type: { kind: "enum", values: ["text", "html"] },
      description: "Form of the result; html if absent.",
    },
  ],
  output: "none",
  run: printPaperKey,
};

/** `key paperkey`: a copy of a key for a printer (spec: cli.md §4.14). */
async function printPaperKey(values: CommandValues, context: CommandContext): Promise<void> {
  const { path } = existingKeyPath(values, context);
  const paper = readPaper(decodeKeyText(readInputPath(path)), context);
  const render = values.text("output-format") === "text" ? paperKeyToText : paperKeyToHtml;
  context.output.print(await render(paper, values.text("subject")));
}

function readPaper(text: string, { output }: CommandContext): PaperKey {
  try {
    return readPaperKey(text);
  } catch (error) {
    if (!(error instanceof CorruptDataError) || isPrivateKeyText(text)) {
      throw error;
    }
    output.log("error", `Couldn't parse data as KeyConfig - ${error.message}`);
    throw new UsageError("Neither a PEM-formatted private key, nor a PBS key file.");
  }
}

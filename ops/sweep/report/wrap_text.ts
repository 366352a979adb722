import { textWidth } from "../../terminal/text_width.ts";

/**
 * A text in lines of at most `columns` columns, broken at spaces; a longer word has a line of its
 * own.
 */
export function wrapText(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line: string | undefined;
  for (const word of text.split(" ")) {
    const longer: string = line === undefined ? word : `${line} ${word}`;
    if (line !== undefined && textWidth(longer) > columns) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line ?? ""];
}

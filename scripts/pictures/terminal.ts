import { type Picture, rect, text } from "./svg";

const fontSize = 13;
const columnWidth = 7.83;
const lineHeight = 18;
const margin = 16;
const monospace = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace";
const foreground = "#d1d7e0";
const colors: Readonly<Record<number, string>> = {
  30: "#656c76",
  31: "#f47067",
  32: "#6bc46d",
  33: "#daaa3f",
  34: "#6cb6ff",
  35: "#dcbdfb",
  36: "#76e3ea",
  37: "#d1d7e0",
};

interface Style {
  readonly color: string;
  readonly bold: boolean;
}

interface Run extends Style {
  readonly column: number;
  readonly words: string;
}

const plain: Style = { color: foreground, bold: false };

/** What a terminal shows for a text with ANSI escape sequences (ECMA-48, SGR), as a picture. */
export function terminal(title: string, output: string): Picture {
  const lines = output.trimEnd().split("\n").map(runsOf);
  const columns = Math.max(80, ...lines.map((runs) => columnAfter(runs.at(-1))));
  const width = Math.ceil(2 * margin + columns * columnWidth);
  const height = 2 * margin + lines.length * lineHeight;
  return {
    width,
    height,
    title,
    elements: [
      rect({ width, height, rx: 8, fill: "#22272e" }),
      ...lines.flatMap((runs, row) =>
        runs.map(({ column, words, color, bold }) =>
          text(margin + column * columnWidth, margin + (row + 0.75) * lineHeight, words, {
            "font-family": monospace,
            "font-size": fontSize,
            fill: color,
            "xml:space": "preserve",
            ...(bold && { "font-weight": "bold" }),
          }),
        ),
      ),
    ],
  };
}

function columnAfter(run: Run | undefined): number {
  return run === undefined ? 0 : run.column + widthOf(run.words);
}

function runsOf(written: string): Run[] {
  const runs: Run[] = [];
  let style = plain;
  let column = 0;
  // eslint-disable-next-line no-control-regex -- escape sequences begin with ESC
  for (const part of written.split(/(\u001b\[[0-9;]*[A-Za-z])/)) {
    if (part.startsWith("\u001b[")) {
      if (part.endsWith("m")) style = styled(style, part.slice(2, -1));
    } else if (part !== "") {
      runs.push({ ...style, column, words: part });
      column += widthOf(part);
    }
  }
  return runs;
}

function styled(style: Style, codes: string): Style {
  const numbers = codes.split(";").map(Number);
  const extended = numbers[0] === 38 && numbers[1] === 5 ? numbers[2] : undefined;
  if (extended !== undefined) return { ...style, color: colors[30 + (extended % 8)] ?? foreground };
  return numbers.reduce<Style>((current, code) => {
    if (code === 0) return plain;
    if (code === 1) return { ...current, bold: true };
    const color = colors[code >= 90 ? code - 60 : code];
    return code === 39
      ? { ...current, color: foreground }
      : color === undefined
        ? current
        : { ...current, color };
  }, style);
}

/** Columns of a text; an emoji takes two. */
function widthOf(words: string): number {
  return Array.from(words.replaceAll("\uFE0F", ""), (character) =>
    /\p{Emoji_Presentation}/u.test(character) ? 2 : 1,
  ).reduce((sum, width) => sum + width, 0);
}

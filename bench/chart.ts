import { line, type Picture, rect, text } from "../scripts/pictures/svg";
import { type Bar, seconds } from "./figure";

/** Times that were measured beside each other. */
export interface Group {
  readonly title: string;
  /** Ours first. */
  readonly bars: readonly Bar[];
}

const width = 860;
const margin = 16;
const labels = 300;
const values = 70;
const [barHeight, gap, heading] = [18, 5, 34] as const;
const colors = { ours: "#54aeff", others: "#d0d7de" } as const;

/** A bar for each time, group by group; the longest of a group takes the whole width. */
export function chart(title: string, groups: readonly Group[]): Picture {
  const elements: string[] = [text(margin, 30, title, { "font-weight": "bold", "font-size": 16 })];
  let y = 48;
  for (const { title: words, bars } of groups) {
    elements.push(text(margin, y + 18, words, { "font-weight": "bold" }));
    const top = y + heading - 6;
    const longest = Math.max(...bars.map(({ ms }) => ms));
    bars.forEach(({ name, ms }, index) => {
      const at = top + index * (barHeight + gap);
      const length = Math.max(1, ((width - labels - values - margin) * ms) / longest);
      elements.push(
        text(labels - 10, at + 14, name, { "text-anchor": "end" }),
        rect({
          x: labels,
          y: at,
          width: length.toFixed(1),
          height: barHeight,
          rx: 2,
          fill: index === 0 ? colors.ours : colors.others,
        }),
        text(Number((labels + length + 6).toFixed(1)), at + 14, seconds(ms)),
      );
    });
    const bottom = top + bars.length * (barHeight + gap);
    elements.push(line(labels, top - 3, labels, bottom));
    y = bottom + 8;
  }
  const height = y + margin;
  return { width, height, title, elements: [rect({ width, height, fill: "#ffffff", rx: 8 }), ...elements] };
}

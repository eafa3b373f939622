/** A picture's elements, and its size in pixels. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  /** What it shows, for people who cannot see it. */
  readonly title: string;
  readonly elements: readonly string[];
}

type Attributes = Readonly<Record<string, string | number>>;

const sans = "system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif";

/** The text of an SVG file. */
export function svg({ width, height, title, elements }: Picture): string {
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" font-family="${sans}">`,
    `<title>${escaped(title)}</title>`,
    `<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" fill="#57606a"/></marker></defs>`,
    ...elements,
    "</svg>",
  ].join("\n")}\n`;
}

export function rect(attributes: Attributes): string {
  return element("rect", attributes);
}

/** A line with an arrowhead at its end. */
export function arrow(points: readonly (readonly [x: number, y: number])[], more: Attributes = {}): string {
  return element("polyline", {
    points: points.map((point) => point.join(",")).join(" "),
    fill: "none",
    stroke: "#57606a",
    "stroke-width": 1.3,
    "marker-end": "url(#arrow)",
    ...more,
  });
}

export function line(x1: number, y1: number, x2: number, y2: number, more: Attributes = {}): string {
  return element("line", { x1, y1, x2, y2, stroke: "#8c959f", ...more });
}

export function text(x: number, y: number, words: string, more: Attributes = {}): string {
  return element("text", { x, y, "font-size": 13, fill: "#1f2328", ...more }, escaped(words));
}

function element(name: string, attributes: Attributes, content?: string): string {
  const written = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(String(value))}"`);
  const start = `<${name}${written.join("")}`;
  return content === undefined ? `${start}/>` : `${start}>${content}</${name}>`;
}

function escaped(words: string): string {
  const names: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return words.replaceAll(/[&<>"]/g, (character) => names[character] ?? character);
}

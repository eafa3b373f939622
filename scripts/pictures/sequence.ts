import { arrow, line, type Picture, rect, text } from "./svg";

const lifelines = ["program", "engine", "guard", "registry"] as const;
type Lifeline = (typeof lifelines)[number];

/** A message from one party to another, or a note. */
type Step =
  | { readonly from: Lifeline; readonly to: Lifeline; readonly words: string }
  | { readonly at: Lifeline; readonly note: string };

interface Phase {
  readonly title: string;
  readonly steps: readonly Step[];
}

const phases: readonly Phase[] = [
  {
    title: "pulumi preview",
    steps: [
      { from: "program", to: "engine", words: "registers each resource" },
      { from: "engine", to: "guard", words: "analyze resource" },
      { from: "guard", to: "registry", words: "requests, side by side" },
      { from: "program", to: "engine", words: "ends" },
      { from: "engine", to: "guard", words: "analyze stack" },
      { from: "registry", to: "guard", words: "manifests and configs" },
      { from: "guard", to: "engine", words: "all violations, together" },
      { at: "engine", note: "a mandatory one fails the preview" },
    ],
  },
  {
    title: "pulumi up",
    steps: [
      { from: "program", to: "engine", words: "registers a resource" },
      { from: "engine", to: "guard", words: "analyze resource" },
      { from: "guard", to: "registry", words: "requests for its images" },
      { from: "registry", to: "guard", words: "manifests and configs" },
      { from: "guard", to: "engine", words: "its violations" },
      { at: "engine", note: "creates the resource, or stops" },
    ],
  },
];

const between = 190;
const stepHeight = 30;
const left = 80;

/** When the guard sends requests and reports, in a preview and in an update. */
export function sequence(): Picture {
  const width = 2 * left + between * (lifelines.length - 1);
  const elements: string[] = [];
  let y = 24;
  for (const { title, steps } of phases) {
    elements.push(text(16, y, title, { "font-weight": "bold", "font-size": 15 }));
    const top = y + 14;
    const bottom = top + 44 + steps.length * stepHeight;
    for (const lifeline of lifelines) {
      const x = columnOf(lifeline);
      elements.push(
        line(x, top + 26, x, bottom, { "stroke-dasharray": "3 4" }),
        rect({ x: x - 50, y: top, width: 100, height: 26, rx: 5, fill: "#ddf4ff", stroke: "#54aeff" }),
        text(x, top + 17, lifeline, { "text-anchor": "middle" }),
      );
    }
    steps.forEach((step, index) => elements.push(...drawn(step, top + 56 + index * stepHeight)));
    y = bottom + 44;
  }
  return {
    width,
    height: y - 28,
    title: "A preview reports at its end. An update judges each resource before it is created.",
    elements: [rect({ width, height: y - 28, fill: "#ffffff", rx: 8 }), ...elements],
  };
}

function drawn(step: Step, y: number): string[] {
  if ("note" in step) {
    const x = columnOf(step.at);
    return [
      rect({ x: x - 115, y: y - 14, width: 230, height: 22, rx: 3, fill: "#fff8c5", stroke: "#d4a72c" }),
      text(x, y + 1, step.note, { "text-anchor": "middle" }),
    ];
  }
  const [from, to] = [columnOf(step.from), columnOf(step.to)];
  return [
    arrow([
      [from, y],
      [to, y],
    ]),
    text((from + to) / 2, y - 5, step.words, { "text-anchor": "middle", "font-size": 12 }),
  ];
}

function columnOf(lifeline: Lifeline): number {
  return left + lifelines.indexOf(lifeline) * between;
}

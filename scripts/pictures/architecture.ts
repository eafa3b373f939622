import { type Picture, rect, text } from "./svg";

/** The rooms that a room may import; ESLint holds it (`eslint.config.mjs`). */
export type Rooms = Readonly<
  Record<string, { readonly knows: readonly string[]; readonly outside?: boolean }>
>;

/** What each room does, in few words. */
const words: Readonly<Record<string, string>> = {
  run: "Pulumi's engine → the policies",
  cli: "the command",
  policies: "inspection → finding",
  report: "finding → message",
  exemptions: "which images are exempt",
  program: "how resources belong together",
  inspection: "image → what can be read of it",
  settings: "the configuration",
  workloads: "resource → its images",
  builds: "build → its layers",
  registry: "image name → manifest",
  runtimes: "manifest → what a pull does",
  aws: "ECR, ECS and Secrets Manager",
  cache: "documents on disk",
  logins: "Docker and Podman logins",
  http: "requests",
  oci: "references, manifests, platforms",
  common: "outcomes, text, concurrency",
};

const boxWidth = 205;
const boxHeight = 44;
const gap = 14;
const margin = 20;
const heading = 52;

/**
 * The rooms of the code in rows: each imports only rooms of the rows below it.
 *
 * @throws {Error} for a room without words
 */
export function architecture(rooms: Rooms): Picture {
  const doors = { knows: Object.keys(rooms), outside: true };
  const all: Rooms = { ...rooms, run: doors, cli: doors };
  const rows = rowsOf(all).reverse();
  const widest = Math.max(...rows.map((row) => row.length));
  const width = 2 * margin + widest * boxWidth + (widest - 1) * gap;
  const height = heading + rows.length * (boxHeight + gap) + margin;
  const boxes = rows.flatMap((row, index) => {
    const rowWidth = row.length * boxWidth + (row.length - 1) * gap;
    return row.flatMap((room, column) => {
      const x = (width - rowWidth) / 2 + column * (boxWidth + gap);
      return box(room, x, heading + index * (boxHeight + gap), all[room]?.outside === true);
    });
  });
  const legend =
    "Each room imports only rooms of the rows below it. Blue rooms are pure; yellow rooms do I/O.";
  return {
    width,
    height,
    title: `The rooms of policypack/. ${legend}`,
    elements: [
      rect({ width, height, rx: 8, fill: "#ffffff" }),
      text(width / 2, 30, legend, { "text-anchor": "middle" }),
      ...boxes,
    ],
  };
}

/** The rooms by the length of their longest chain of imports, the shortest first. */
function rowsOf(rooms: Rooms): string[][] {
  const depths = new Map<string, number>();
  const depthOf = (room: string): number => {
    const known = depths.get(room);
    if (known !== undefined) return known;
    const depth = Math.max(-1, ...(rooms[room]?.knows ?? []).map(depthOf)) + 1;
    depths.set(room, depth);
    return depth;
  };
  const rows: string[][] = [];
  for (const room of Object.keys(rooms)) (rows[depthOf(room)] ??= []).push(room);
  return rows;
}

function box(room: string, x: number, y: number, doesIo: boolean): string[] {
  const what = words[room];
  if (what === undefined)
    throw new Error(`scripts/pictures/architecture.ts has no words for the room ${room}`);
  const [fill, stroke] = doesIo ? ["#fff8c5", "#d4a72c"] : ["#ddf4ff", "#54aeff"];
  const center = { "text-anchor": "middle" };
  return [
    rect({ x, y, width: boxWidth, height: boxHeight, rx: 5, fill, stroke }),
    text(x + boxWidth / 2, y + 18, room, { ...center, "font-weight": "bold" }),
    text(x + boxWidth / 2, y + 35, what, { ...center, "font-size": 11.5 }),
  ];
}

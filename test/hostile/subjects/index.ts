import type { Subject } from "../subject";
import { answers, tokens } from "./answers";
import { images } from "./images";
import { logins } from "./logins";
import { reports } from "./reports";
import { resources } from "./resources";
import { keptFiles, settings } from "./settings";

/** Everything that eats foreign text, or prints it. Some of them hold files and connections: close each one. */
export function subjects(): Subject[] {
  return [
    ...images,
    ...answers,
    tokens(),
    ...logins(),
    ...resources,
    ...settings,
    ...keptFiles(),
    ...reports,
  ];
}

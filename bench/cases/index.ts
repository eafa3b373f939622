import type { Case } from "../case";
import { ecr } from "./ecr";
import { inspect, tls } from "./inspect";
import { install } from "./install";
import { load } from "./load";
import { preview } from "./preview";
import { privateRegistry } from "./private";
import { program } from "./program";
import { rateLimit } from "./rate-limit";
import { requests } from "./requests";
import { sameImage } from "./same-image";
import { scale } from "./scale";
import { start } from "./start";

/** All of them, in the order in which they run. */
export const cases: readonly Case[] = [
  install,
  start,
  load,
  requests,
  sameImage,
  privateRegistry,
  ecr,
  inspect,
  tls,
  rateLimit,
  preview,
  program,
  scale,
];

#!/usr/bin/env node
import { requireAllParts } from "./parts";

// What `main` in package.json names. The pack is loaded only once all of it is there.
requireAllParts(__dirname);
void import("../pack");

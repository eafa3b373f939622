import type { IncomingHttpHeaders } from "node:http";

/** What one request is answered with; 200 and an empty object where nothing is said. */
export interface Answer {
  readonly status?: number;
  readonly body?: object | Buffer;
}

/** One endpoint; `answer` gets the groups of `path` and the decoded body. */
export interface Route {
  readonly method: string;
  readonly path: RegExp;
  readonly answer: (parts: readonly string[], body: Buffer, headers: IncomingHttpHeaders) => Answer;
}

/** An error that the API answers with. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

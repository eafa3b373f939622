import { count } from "../common/text";
import type { Arguments } from "./arguments";

/** Shows people how far a run is. */
export interface Progress {
  /** One more image is decided. */
  advance(): void;
  /** Takes everything off the terminal again. */
  end(): void;
}

const silent: Progress = { advance: () => undefined, end: () => undefined };

interface ErrorStream {
  readonly stderr: { readonly isTTY?: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A line on standard error, if that is a terminal; never in a log of a CI system, nor with `--quiet`. */
export async function startProgress(
  total: number,
  { quiet }: Pick<Arguments, "quiet">,
  { stderr, env }: ErrorStream,
): Promise<Progress> {
  if (quiet || total === 0 || stderr.isTTY !== true || env["CI"] !== undefined || env["TERM"] === "dumb")
    return silent;
  const { default: yoctoSpinner } = await import("yocto-spinner");
  let done = 0;
  const words = () => `Inspected ${done} of ${count(total, "image")}`;
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- only terminals come here, which are WriteStreams
  const spinner = yoctoSpinner({ text: words(), stream: stderr as NodeJS.WriteStream }).start();
  return {
    advance: () => {
      done++;
      spinner.text = words();
    },
    end: () => {
      spinner.stop();
    },
  };
}

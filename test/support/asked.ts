/** What a script was asked for on its command line. */

const USAGE_ERROR = 64;

/** Reads options; where they are wrong the process ends with what is wrong and how the script is called, without a stack. */
export function asked<T>(usage: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\nIt is called like this: ${usage}`);
    return process.exit(USAGE_ERROR);
  }
}

/** @throws Error when it is not one */
export function whole(name: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`--${name} must be a whole number, not ${text}`);
  return Number(text);
}

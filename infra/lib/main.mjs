/** What went wrong, as sentences for whoever runs a command. */
export class Fault extends Error {}

/**
 * Runs a command's main function: a fault is told as its sentences, not a stack trace.
 *
 * @param {() => Promise<void>} main
 */
export async function runMain(main) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}

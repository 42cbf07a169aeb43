// The mistakes of a user that the command line finds by itself. Each is one sentence, and nothing was sent.

/** `CLI_USAGE`: a mistake in the arguments. `CLI_CONFIGURATION`: a mistake in the environment or in a file. */
export type CommandErrorCode = "CLI_USAGE" | "CLI_CONFIGURATION";

export class CommandError extends Error {
  readonly code: CommandErrorCode;

  /** `message` holds no value that may be secret. */
  constructor(code: CommandErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

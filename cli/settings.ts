// Where the keys come from: the environment, a file, or the sandbox. Never from arguments.
import { readFile } from "node:fs/promises";
import { parse } from "dotenv";
import { CommandError } from "./command-error.ts";

/** The address of an exchange in `DEFAULT_ENVIRONMENT`. `tests/structure.test.ts` compares both with the core's. */
export const DEFAULT_TOKEN_URL =
  "https://p4p-core-bill-payments-service.dev.payinvert.com/api/v2.1/b2b/test/v2.1/b2b/auth/token";
export const DEFAULT_ENVIRONMENT = "TEST";

/** The variables that the command line reads, with the option of the package that each is for. */
export const VARIABLES = {
  publicKey: "PAY4POWER_PUBLIC_KEY",
  privateKey: "PAY4POWER_PRIVATE_KEY",
  environment: "PAY4POWER_ENVIRONMENT",
  tokenUrl: "PAY4POWER_TOKEN_URL",
  authorization: "PAY4POWER_AUTHORIZATION",
} as const;

/** The files that are read without `--keys-file`: the first of them with one of the variables counts. */
export const FILES = [".env", ".dev.vars"] as const;

export interface Settings {
  readonly publicKey: string;
  readonly privateKey: string;
  readonly environment: string;
  /** `undefined` stands for the address of the default environment. */
  readonly tokenUrl: string | undefined;
  readonly authorization: string | undefined;
  /** Where the keys come from, in words. */
  readonly source: string;
  /** True for the sandbox's example keys. */
  readonly isSandbox: boolean;
}

export interface SettingsOptions {
  readonly keysFile?: string;
  /** True without a port. */
  readonly sandbox?: string | true;
}

type Values = Readonly<Record<string, string | undefined>>;

/** Returns the settings, or throws a `CommandError` that says what is missing. */
export async function readSettings(options: SettingsOptions): Promise<Settings> {
  if (options.sandbox !== undefined) {
    const { sandboxSettings } = await import("./local-sandbox.ts");
    return sandboxSettings(options.sandbox);
  }
  const file = await readVariables(options.keysFile);
  if (options.keysFile !== undefined) {
    refuseHalfPair(file.values);
  }
  // A file that the user names comes first, then the environment, then the usual files.
  const [first, second] =
    options.keysFile === undefined ? [process.env, file.values] : [file.values, process.env];
  // An empty variable counts as absent.
  const lookUp = (name: string) => first[name] || second[name] || undefined;
  const publicKey = lookUp(VARIABLES.publicKey);
  const privateKey = lookUp(VARIABLES.privateKey);
  if (publicKey === undefined || privateKey === undefined) {
    throw missing({ publicKey, privateKey }, options.keysFile);
  }
  if (options.keysFile === undefined) {
    refuseForeignAddress(file);
  }
  const names = [VARIABLES.publicKey, VARIABLES.privateKey];
  const sources = names.map((name) =>
    (first[name] ? first : second) === process.env ? "the environment" : file.name,
  );
  return {
    publicKey,
    privateKey,
    environment: lookUp(VARIABLES.environment) ?? DEFAULT_ENVIRONMENT,
    tokenUrl: lookUp(VARIABLES.tokenUrl),
    authorization: lookUp(VARIABLES.authorization),
    source: [...new Set(sources)].join(" and "),
    isSandbox: false,
  };
}

/** Returns the host that the settings name, or `undefined` if they name none. */
export function hostOf({ tokenUrl, environment }: Settings): string | undefined {
  const isDefault = environment.toUpperCase() === DEFAULT_ENVIRONMENT;
  try {
    return new URL(tokenUrl ?? (isDefault ? DEFAULT_TOKEN_URL : "")).host;
  } catch {
    return undefined;
  }
}

/** A file of the current folder may be somebody else's: it must not say where a key of the environment is sent. */
function refuseForeignAddress({ name, values }: { name: string; values: Values }): void {
  const { privateKey, tokenUrl } = VARIABLES;
  if (process.env[privateKey] && !process.env[tokenUrl] && values[tokenUrl]) {
    throw new CommandError(
      "CLI_CONFIGURATION",
      `${tokenUrl} is in ${name}, and ${privateKey} in the environment: put both in one place, or name the file with --keys-file`,
    );
  }
}

/** A named file with one key and the environment's other key may be the keys of two merchants. */
function refuseHalfPair(values: Values): void {
  const names = [VARIABLES.publicKey, VARIABLES.privateKey];
  const absent = names.filter((name) => !values[name]);
  if (absent.length === 1) {
    throw new CommandError(
      "CLI_CONFIGURATION",
      `${absent[0]} is not in the file of --keys-file, which has the other key: put both into it`,
    );
  }
}

function missing(keys: Pick<Values, "publicKey" | "privateKey">, keysFile?: string): CommandError {
  const names = (["publicKey", "privateKey"] as const)
    .filter((key) => keys[key] === undefined)
    .map((key) => VARIABLES[key]);
  const places = keysFile === undefined ? FILES : ["the file of --keys-file"];
  const verb = names.length === 1 ? "is" : "are";
  return new CommandError(
    "CLI_CONFIGURATION",
    `${names.join(" and ")} ${verb} neither in the environment nor in ${places.join(" or ")}; --sandbox needs no keys`,
  );
}

/** Reads the given file, or the first of the usual files that has one of the variables. */
async function readVariables(given?: string): Promise<{ name: string; values: Values }> {
  for (const name of given === undefined ? FILES : [given]) {
    const values = await readFile(name, "utf8").then(parse, (error: NodeJS.ErrnoException) => {
      const isAbsent = error.code === "ENOENT" || error.code === "EISDIR";
      if (isAbsent && given === undefined) {
        return {} as Values;
      }
      throw new CommandError(
        "CLI_CONFIGURATION",
        `the file ${JSON.stringify(name)} can't be read (${error.code})`,
      );
    });
    if (given !== undefined || Object.values(VARIABLES).some((variable) => values[variable])) {
      return { name, values };
    }
  }
  return { name: "", values: {} };
}

// Finds or installs the Rust toolchain that compiles to Wasm. Plain JavaScript without dependencies.
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { root, say } from "../project.mjs";
import { outputOf, SetupError, succeeds } from "./commands.mjs";

const TARGET = "wasm32-unknown-unknown";
const BUILD_STD = ["--target", TARGET, "-Zbuild-std=std,panic_abort"];
const DEBIAN_LLD = "/usr/lib/llvm-22/bin/wasm-ld";
const DEBIAN_PACKAGES = ["cargo-web", "rustc-web", "rust-web-src", "rust-web-clippy", "lld-22"];

/**
 * Returns how to run cargo for Wasm: with stable Rust and rustup's target. On Debian, if rustup can't install the
 * target, the distribution's compiler takes its place, and compiles the standard library, too.
 * `PAY4POWER_WASM=debian` chooses Debian's compiler at once.
 * @returns {{ cargo: string, args: string[], env: Record<string, string> }}
 */
export function wasmToolchain() {
  if (process.env.PAY4POWER_WASM !== "debian" && hasRustupTarget()) {
    return { cargo: "cargo", args: ["--target", TARGET], env: {} };
  }
  return debianToolchain();
}

function hasRustupTarget() {
  const sysroot = outputOf("rustc", ["--print", "sysroot"]);
  if (existsSync(join(sysroot, "lib", "rustlib", TARGET))) {
    return true;
  }
  if (!succeeds("rustup", ["--version"])) {
    return false;
  }
  say(`Rust target ${TARGET}: installing`);
  return succeeds("rustup", ["target", "add", TARGET]);
}

function debianToolchain() {
  const files = [DEBIAN_LLD, "/usr/bin/cargo", "/usr/bin/cargo-clippy", "/usr/src/rustc-web"];
  if (!files.every(isInstalled)) {
    say("Wasm toolchain: installing Debian's (rustup has none for this machine)");
    if (!installDebianToolchain()) {
      throw new SetupError(
        `the Rust target ${TARGET} is missing: run "rustup target add ${TARGET}", or on Debian, as root, "apt-get install ${DEBIAN_PACKAGES.join(" ")}".`,
      );
    }
  }
  return {
    cargo: "/usr/bin/cargo",
    // The other compiler needs a target folder of its own.
    args: [...BUILD_STD, "--target-dir", join(root, "target", "debian")],
    env: {
      PATH: `/usr/bin${delimiter}${process.env.PATH}`,
      RUSTC: "/usr/bin/rustc",
      RUSTC_BOOTSTRAP: "1",
      CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER: DEBIAN_LLD,
    },
  };
}

/** Installs the packages. Returns false if that fails, or without the rights of root. */
function installDebianToolchain() {
  return (
    process.getuid?.() === 0 &&
    succeeds("apt-get", ["update"]) &&
    succeeds("apt-get", ["install", "-y", "--no-install-recommends", ...DEBIAN_PACKAGES])
  );
}

function isInstalled(path) {
  return (
    existsSync(path) || (path.startsWith("/usr/src") && succeeds("dpkg", ["-s", "rust-web-src"]))
  );
}

//! The part of wasm-bindgen's command line that this project's build needs, with the same options. It
//! takes less than half as long to build, because it has no test runner, no server and no downloads.

use std::path::PathBuf;

use anyhow::{Result, bail};
use lexopt::prelude::*;
use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<()> {
    let mut bindgen = Bindgen::new();
    bindgen.typescript(true).omit_default_module_path(false); // the defaults of the whole command line
    let mut out_dir = None;
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("version") => {
                println!("wasm-bindgen {}", env!("CARGO_PKG_VERSION"));
                return Ok(());
            }
            Long("target") => match parser.value()?.string()?.as_str() {
                "web" => bindgen.web(true)?,
                "nodejs" => bindgen.nodejs(true)?,
                other => bail!("expected the target web or nodejs, found {other}"),
            },
            Long("experimental-reset-state-function") => bindgen.reset_state_function(true),
            Long("out-name") => bindgen.out_name(&parser.value()?.string()?),
            Value(path) => bindgen.input_path(PathBuf::from(path)),
            Long("out-dir") => {
                out_dir = Some(PathBuf::from(parser.value()?));
                continue;
            }
            other => return Err(other.unexpected().into()),
        };
    }
    let Some(out_dir) = out_dir else { bail!("expected --out-dir, found nothing") };
    bindgen.generate(out_dir)
}

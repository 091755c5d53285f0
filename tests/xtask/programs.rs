//! The programs that proofs run: built from the sources as they are now, in the profile of this program.

use std::error::Error;
use std::path::PathBuf;
use std::process::Command;

/// The folder of the programs.
pub(crate) fn built() -> Result<PathBuf, Box<dyn Error + Send + Sync>> {
    let own = std::env::current_exe()?;
    let folder = own.parent().ok_or("a program lies in a folder")?.to_owned();
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--quiet", "--package", "almanac-tests", "--bins"]);
    if folder.ends_with("release") {
        build.arg("--release");
    }
    // where cargo put this program, it puts the others
    if let Some(target) = folder.parent() {
        build.arg("--target-dir").arg(target);
    }
    let outcome = build.current_dir(env!("CARGO_MANIFEST_DIR")).status()?;
    if !outcome.success() {
        return Err("the programs of the proofs cannot be built".into());
    }
    Ok(folder)
}

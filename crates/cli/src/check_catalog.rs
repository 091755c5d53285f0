//! `almanac check-catalog`: every mistake of a catalogue before anybody applies it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use almanac_catalog::{Catalog, CatalogFiles, Problem, ReadError};

/// Checks the catalogue of a folder and prints every mistake with file, line and remedy
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Folder with the *.toml and *.csv files of a catalogue
    #[arg(value_name = "DIR")]
    dir: PathBuf,
}

pub(crate) fn run(args: &Args) -> Result<ExitCode, ReadError> {
    let files = CatalogFiles::read_dir(&args.dir)?;
    Ok(match Catalog::load(&files) {
        Ok(catalog) => {
            println!("{}", summary(&catalog));
            ExitCode::SUCCESS
        }
        Err(problems) => {
            print!("{}", told(&args.dir, &problems));
            ExitCode::FAILURE
        }
    })
}

fn summary(catalog: &Catalog) -> String {
    let counts = [
        counted(catalog.metrics().len(), "metric"),
        counted(catalog.indicators().len(), "indicator"),
        counted(catalog.dimensions().len(), "dimension"),
        counted(catalog.areas().len(), "area"),
        counted(catalog.reporters().len(), "reporter"),
        counted(catalog.reports().len(), "report"),
        counted(catalog.rules().len(), "rule"),
    ];
    format!(
        "ok: {}, {}; content hash {}",
        catalog.id(),
        counts.join(", "),
        catalog.hash()
    )
}

/// A line that editors jump to, and under it what to do.
fn told(dir: &Path, problems: &[Problem]) -> String {
    let one = |problem: &Problem| {
        let Problem {
            file,
            line,
            column,
            message,
            remedy,
        } = problem;
        let column = column.map(|column| format!(":{column}")).unwrap_or_default();
        let path = dir.join(file);
        format!("{}:{line}{column}: {message}\n    remedy: {remedy}\n", path.display())
    };
    problems.iter().map(one).collect::<String>() + &counted(problems.len(), "problem") + "\n"
}

fn counted(number: usize, one: &str) -> String {
    format!("{number} {one}{}", if number == 1 { "" } else { "s" })
}

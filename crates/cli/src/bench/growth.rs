//! `almanac bench growth`: how the figures change with the size of the log.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use super::plot::{Panel, plot};
use super::report::{self, Report, Row};
use super::run::{self, Parts};
use super::workload::{Shape, Workload};
use super::{BenchError, folder};

/// Measures load, questions, memory, disk and restarts at several sizes, and draws them
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Millions of observations
    #[arg(long, value_delimiter = ',', default_value = "1,10,30,100", value_parser = clap::value_parser!(u16).range(1..=200))]
    millions: Vec<u16>,
    /// Write the plot
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Write what was found as JSON, too
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Seconds for which each question is measured
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=600))]
    seconds: u16,
    /// Folder on the disk to measure; a folder of each run is made in it, and removed
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

/// Rows that are drawn together, each with a name for its line.
const PANELS: [(&str, &[(&str, &str)]); 6] = [
    (
        "load, million events/s",
        &[("stream", "durable"), ("loaded", "and visible")],
    ),
    ("questions Q1 to Q3, ms", &[("q1", "Q1"), ("q2", "Q2"), ("q3", "Q3")]),
    ("question Q4, ms", &[("q4", "Q4")]),
    ("memory, bytes an observation", &[("memory", "")]),
    ("disk, bytes an event", &[("disk", "")]),
    (
        "query restart, s",
        &[("restart_checkpoint", "checkpoint"), ("restart_log", "log")],
    ),
];

pub(super) async fn run(args: &Args) -> Result<(), BenchError> {
    let mut found = Vec::new();
    for millions in &args.millions {
        let observations = usize::from(*millions) * 1_000_000;
        let workload = Workload::new(shape(observations))?;
        let folder = folder(args.data_dir.as_deref())?;
        let time = Duration::from_secs(args.seconds.into());
        let report = run::measure(workload, format!("{millions} M"), folder.path(), time, Parts::Reads).await?;
        folder.close().map_err(BenchError::files("the temporary folder"))?;
        found.push(report);
    }
    print!("{}", table(&found));
    if let Some(path) = &args.svg {
        fs::write(path, plot(&panels(&found))).map_err(BenchError::files(path))?;
    }
    if let Some(path) = &args.json {
        let all = Value::Array(found.iter().map(Report::json).collect());
        let text = format!("{:#}\n", json!({ "sizes": all }));
        fs::write(path, text).map_err(BenchError::files(path))?;
    }
    Ok(())
}

/// Every province, and about a year first; then more years.
fn shape(observations: usize) -> Shape {
    let districts = (observations / (60 * 365)).clamp(63, 700);
    Shape {
        provinces: 63,
        districts,
        days: observations / (60 * districts),
        seed: 1,
    }
}

fn table(found: &[Report]) -> String {
    let Some(first) = found.first() else {
        return String::new();
    };
    let sizes = found.iter().map(|report| format!("{:.1} M", millions(report)));
    let head = std::iter::once("observations".to_owned()).chain(sizes);
    let rows = first.rows.iter().map(|row| {
        let cells = found
            .iter()
            .map(|report| measured(report, row.id).map(Row::printed).unwrap_or_default());
        std::iter::once(row.what.clone()).chain(cells).collect()
    });
    format!("{}\n{}\n", first.machine, report::table(head, rows))
}

fn panels(found: &[Report]) -> Vec<Panel> {
    let line = |id: &str, name: &str| {
        let points = found.iter().filter_map(|report| {
            let row = measured(report, id)?;
            let scale = if matches!(id, "stream" | "loaded") { 1e6 } else { 1.0 };
            Some((millions(report), row.measured / scale))
        });
        (name.to_owned(), points.collect())
    };
    let panel = |(title, lines): &(&str, &[(&str, &str)])| Panel {
        title: (*title).to_owned(),
        lines: lines.iter().map(|(id, name)| line(id, name)).collect(),
    };
    PANELS.iter().map(panel).collect()
}

fn measured<'a>(report: &'a Report, id: &str) -> Option<&'a Row> {
    report.rows.iter().find(|row| row.id == id)
}

#[expect(clippy::cast_precision_loss, reason = "for a table of three digits")]
fn millions(report: &Report) -> f64 {
    report.shape.observations() as f64 / 1e6
}

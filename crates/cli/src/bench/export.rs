//! The workload as files, so that others can be asked the same.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::Path;

use super::BenchError;
use super::load::recorded_years;
use super::workload::{Workload, district_name, province_name};

/// Writes `series.csv` (what each series is), `observations.csv` (series, day, value, in the order in which they are sent) and
/// `inhabitants.csv`.
pub(super) fn export(workload: &Workload, folder: &Path) -> Result<(), BenchError> {
    let failed = BenchError::files(folder);
    fs::create_dir_all(folder)
        .and_then(|()| series(workload, &folder.join("series.csv")))
        .and_then(|()| observations(workload, &folder.join("observations.csv")))
        .and_then(|()| inhabitants(workload, &folder.join("inhabitants.csv")))
        .map_err(failed)
}

fn series(workload: &Workload, path: &Path) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    writeln!(file, "series,metric,district,province,codes")?;
    for series in 0..workload.shape.series() {
        let (district, cell) = workload.place(series);
        let cell = &workload.cells[cell];
        let codes = cell
            .dimensions
            .iter()
            .map(|(dimension, code)| format!("{dimension}={code}"));
        let (metric, codes) = (&cell.metric, codes.collect::<Vec<_>>().join(";"));
        let province = province_name(workload.shape.province_of(district));
        writeln!(file, "{series},{metric},{},{province},{codes}", district_name(district))?;
    }
    file.flush()
}

fn observations(workload: &Workload, path: &Path) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    let days: Vec<String> = (0..workload.shape.days)
        .map(|day| workload.date(day).to_string())
        .collect();
    writeln!(file, "series,day,value")?;
    for block in workload.blocks() {
        for (values, series) in block.values.chunks(block.days).zip(block.first_series..) {
            for (value, day) in values.iter().zip(&days[block.first_day..]) {
                writeln!(file, "{series},{day},{value}")?;
            }
        }
    }
    file.flush()
}

fn inhabitants(workload: &Workload, path: &Path) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    writeln!(file, "province,year,inhabitants")?;
    for year in recorded_years(workload) {
        for province in 0..workload.shape.provinces {
            writeln!(
                file,
                "{},{year},{}",
                province_name(province),
                workload.inhabitants(province)
            )?;
        }
    }
    file.flush()
}

//! `almanac bench --workload w2`: single tallies over 10,000 series and a year, in batches of 1 to 1,000, from a seed.

mod run;

use std::fmt::Write as _;

use almanac_catalog::CatalogFiles;
use almanac_model::{
    AreaId, Batch, BatchBuilder, BatchExtra, BatchSeries, Code, DimensionId, Granularity, MetricId, ReporterId,
};
use jiff::ToSpan as _;

use super::BenchError;
use super::workload::{LAST_DAY, OFFICIAL, Random, ordinal};

pub(super) use self::run::measure;

const DEFINITIONS: &str = include_str!("counters.toml");
const METRIC: &str = "counter.events";
const AREAS: usize = 100;
/// Of each area.
const KINDS: usize = 100;
const DAYS: usize = 365;
/// The most tallies of a batch.
const BATCH: i64 = 1_000;

/// The workload, one batch after the other.
pub(super) struct Counters {
    /// Tallies in all.
    tallies: usize,
    sent: usize,
    batches: usize,
    random: Random,
    series: Vec<BatchSeries>,
    /// What the first area came to.
    first_area: i64,
    /// Which cells have a tally: the days of the first series, then of the next.
    touched: Vec<bool>,
}

impl Counters {
    pub(super) fn new(tallies: usize, seed: u64) -> Result<Self, BenchError> {
        let mut series = Vec::with_capacity(AREAS * KINDS);
        for area in 0..AREAS {
            for kind in 0..KINDS {
                series.push(BatchSeries {
                    metric: METRIC.parse::<MetricId>()?,
                    area: area_name(area).parse::<AreaId>()?,
                    reporter: reporter()?,
                    dimensions: [("kind".parse::<DimensionId>()?, kind_name(kind).parse::<Code>()?)].into(),
                    granularity: Granularity::Day,
                    decimals: 0,
                });
            }
        }
        Ok(Self {
            tallies,
            sent: 0,
            batches: 0,
            random: Random::new(seed, 0),
            touched: vec![false; series.len() * DAYS],
            series,
            first_area: 0,
        })
    }

    /// How many cells have a tally.
    fn cells(&self) -> usize {
        self.touched.iter().filter(|touched| **touched).count()
    }

    /// The next batch; none after the last. Day by day, of any series.
    fn next(&mut self) -> Option<Batch> {
        let left = self.tallies - self.sent;
        let count = left.min(usize::try_from(self.random.between(1, BATCH + 1)).unwrap_or(1));
        let mut batch = BatchBuilder::default();
        for _ in 0..count {
            let day = self.sent * DAYS / self.tallies;
            let all = i64::try_from(self.series.len()).unwrap_or(1);
            let place = usize::try_from(self.random.between(0, all)).unwrap_or(0);
            let value = self.random.between(1, 10);
            self.touched[place * DAYS + day] = true;
            if place < KINDS {
                self.first_area += value;
            }
            let extra = BatchExtra {
                event_id: Some(self.sent.to_string()),
                ..BatchExtra::default()
            };
            batch.push(self.series[place].clone(), ordinal_of(day), value, OFFICIAL, extra);
            self.sent += 1;
        }
        self.batches += usize::from(count > 0);
        (count > 0).then(|| batch.finish())
    }
}

fn ordinal_of(day: usize) -> i32 {
    let back = i64::try_from(DAYS - 1 - day).unwrap_or(0);
    ordinal(LAST_DAY.saturating_sub(back.days()))
}

fn area_name(area: usize) -> String {
    format!("p{area:02}")
}

fn kind_name(kind: usize) -> String {
    format!("k{kind:02}")
}

fn reporter() -> Result<ReporterId, BenchError> {
    Ok("counters".parse()?)
}

/// The definitions, with as many areas and codes as there are.
fn catalogue() -> CatalogFiles {
    let mut files = CatalogFiles::default();
    let mut areas = "area,code,name_vi,level,parent,valid_from,valid_to\nVN,VN,VN,country,,2000-01-01,\n".to_owned();
    for area in (0..AREAS).map(area_name) {
        // writing to a String cannot fail
        let _ = writeln!(areas, "{area},{area},{area},province,VN,2000-01-01,");
    }
    let mut kinds = "[[dimension]]\nid = \"kind\"\nlabel = { vi = \"Loại\", en = \"Kind\" }\n\
                     definition = { vi = \"Loại sự kiện.\", en = \"The kind of event.\" }\n\
                     source = \"Benchmark\"\nowner = \"Benchmark\"\ncodes = [\n"
        .to_owned();
    for kind in (0..KINDS).map(kind_name) {
        let _ = writeln!(
            kinds,
            "{{ code = \"{kind}\", label = {{ vi = \"{kind}\", en = \"{kind}\" }} }},"
        );
    }
    kinds.push_str("]\n");
    files.insert("counters.toml", DEFINITIONS);
    files.insert("areas.csv", areas);
    files.insert("kinds.toml", kinds);
    files
}

#[cfg(test)]
mod tests {
    use almanac_catalog::Catalog;

    use super::*;

    #[test]
    fn one_seed_is_one_workload_and_every_tally_is_in_it() {
        assert!(Catalog::load(&catalogue()).is_ok());
        let all = |seed| {
            let mut counters = Counters::new(5_000, seed).unwrap();
            let batches: Vec<Batch> = std::iter::from_fn(|| counters.next()).collect();
            assert!(batches.iter().all(|batch| (1..=1_000).contains(&batch.len())));
            assert_eq!(batches.iter().map(Batch::len).sum::<usize>(), 5_000);
            (batches, counters.first_area, counters.cells())
        };
        assert_eq!(all(1), all(1));
        assert_ne!(all(1).0, all(2).0);
    }
}

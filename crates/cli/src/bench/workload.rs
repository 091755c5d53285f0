//! The workload: a national feed of daily values, from a seed.
//!
//! Sixty series for each district, with a value for each day. Stocks are random walks, flows are random counts. What comes out
//! of one seed is the same on every machine.

use std::fmt::Write as _;
use std::iter;
use std::sync::Arc;

use almanac_catalog::{Catalog, CatalogFiles, Kind, Metric};
use almanac_model::{
    AreaId, Batch, BatchSeries, BatchShapeError, Code, DimensionId, Granularity, MetricId, Period, Quality, ReporterId,
    Status,
};
use jiff::ToSpan;
use jiff::civil::{Date, date};

use super::BenchError;

/// The last day for which there are values; the year that is asked about.
pub(super) const LAST_DAY: Date = date(2023, 12, 31);
/// The area of everything.
pub(super) const COUNTRY: &str = "VN";
/// The metrics of the feed, in the order of their series in a district.
pub(super) const METRICS: [&str; 4] = [
    "telephone.subscriptions",
    "internet.subscriptions",
    "post.items",
    "press.copies",
];
/// What densities are divided by.
pub(super) const INHABITANTS: &str = "population.inhabitants";

const DEFINITIONS: &str = include_str!("national.toml");
const REPORTER: &str = "national-feed";
/// Rows of one batch: as many as a stream takes.
const BATCH_ROWS: usize = 10_000;
/// The feed comes year by year, and inside a year series by series.
const CHUNK_DAYS: usize = 365;
/// A recorded value, verified and final.
pub(super) const OFFICIAL: Status = Status {
    quality: Quality::Official,
    qualifier: almanac_model::Qualifier::Exact,
    missing: None,
    confidential: false,
};

/// How large a workload is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Shape {
    pub(super) provinces: usize,
    /// In all, spread over the provinces.
    pub(super) districts: usize,
    /// Up to [`LAST_DAY`].
    pub(super) days: usize,
    pub(super) seed: u64,
}

/// What a district reports: one of its series.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    pub(super) metric: MetricId,
    pub(super) kind: Kind,
    /// Sorted by dimension.
    pub(super) dimensions: Arc<[(DimensionId, Code)]>,
}

/// A workload with its catalogue.
pub(super) struct Workload {
    pub(super) shape: Shape,
    pub(super) files: CatalogFiles,
    pub(super) reporter: ReporterId,
    pub(super) cells: Vec<Cell>,
    districts: Vec<AreaId>,
    first_day: i32,
}

/// Consecutive series over consecutive days.
pub(super) struct Block {
    pub(super) first_series: usize,
    pub(super) first_day: usize,
    pub(super) days: usize,
    /// All days of the first series, then of the next.
    pub(super) values: Vec<i64>,
}

/// Numbers that look random: the same ones after the same seed (splitmix64).
#[derive(Clone, Copy, Debug)]
pub(super) struct Random(u64);

/// A series that goes on.
struct Source {
    random: Random,
    level: i64,
}

impl Shape {
    pub(super) const fn series(&self) -> usize {
        self.districts * 60
    }

    pub(super) const fn observations(&self) -> usize {
        self.series() * self.days
    }

    /// The province of a district.
    pub(super) const fn province_of(&self, district: usize) -> usize {
        district * self.provinces / self.districts
    }
}

impl Workload {
    /// Loads the catalogue for a shape. It has a province and a district at least, and no more provinces than districts.
    pub(super) fn new(shape: Shape) -> Result<Self, BenchError> {
        let mut files = CatalogFiles::default();
        files.insert("national.toml", DEFINITIONS);
        files.insert("areas.csv", areas(&shape));
        let catalog = Catalog::load(&files).map_err(|problems| BenchError::Catalog { problems })?;
        let mut cells = Vec::new();
        for metric in METRICS.iter().filter_map(|metric| catalog.metric(metric)) {
            cells.extend(cells_of(&catalog, metric));
        }
        let names = (0..shape.districts).map(|district| district_name(district).parse());
        Ok(Self {
            shape,
            files,
            reporter: REPORTER.parse()?,
            cells,
            districts: names.collect::<Result<_, _>>()?,
            first_day: ordinal(LAST_DAY) - i32::try_from(shape.days).unwrap_or(i32::MAX) + 1,
        })
    }

    /// The ordinal of a day of the workload, counted from 0; also of days after the last.
    pub(super) fn day(&self, day: usize) -> i32 {
        self.first_day + i32::try_from(day).unwrap_or(i32::MAX)
    }

    /// The date of a day of the workload, counted from 0.
    pub(super) fn date(&self, day: usize) -> Date {
        let back = i64::try_from(self.shape.days - 1 - day).unwrap_or(i64::MAX);
        LAST_DAY.saturating_sub(back.days())
    }

    /// What makes up a series: its district and its cell.
    pub(super) const fn place(&self, series: usize) -> (usize, usize) {
        (series / self.cells.len(), series % self.cells.len())
    }

    /// A series as batches name it.
    pub(super) fn series(&self, series: usize) -> BatchSeries {
        let (district, cell) = self.place(series);
        let cell = &self.cells[cell];
        BatchSeries {
            metric: cell.metric.clone(),
            area: self.districts[district].clone(),
            reporter: self.reporter.clone(),
            dimensions: cell.dimensions.clone(),
            granularity: Granularity::Day,
            decimals: 0,
        }
    }

    /// The inhabitants of a province in any year.
    pub(super) fn inhabitants(&self, province: usize) -> i64 {
        let mut random = Random::new(self.shape.seed, u64::MAX - province as u64);
        random.between(400_000, 9_000_000)
    }

    /// All values, in the order in which they are sent.
    pub(super) fn blocks(&self) -> impl Iterator<Item = Block> + '_ {
        let shape = self.shape;
        let mut sources: Vec<Source> = (0..shape.series()).map(|series| self.source(series)).collect();
        let chunks = (0..shape.days).step_by(CHUNK_DAYS);
        let places = chunks.flat_map(move |first_day| {
            let days = CHUNK_DAYS.min(shape.days - first_day);
            let at_once = BATCH_ROWS / days;
            let starts = (0..shape.series()).step_by(at_once);
            starts.map(move |first| (first_day, days, first..shape.series().min(first + at_once)))
        });
        places.map(move |(first_day, days, series)| {
            let mut values = Vec::with_capacity(series.len() * days);
            for at in series.clone() {
                let kind = self.cells[at % self.cells.len()].kind;
                values.extend(iter::repeat_with(|| sources[at].next(kind)).take(days));
            }
            Block {
                first_series: series.start,
                first_day,
                days,
                values,
            }
        })
    }

    /// A block as it is sent.
    pub(super) fn batch(&self, block: Block) -> Result<Batch, BatchShapeError> {
        let Block {
            first_series,
            first_day,
            days,
            values,
        } = block;
        let count = values.len() / days;
        let series = (first_series..first_series + count).map(|series| self.series(series));
        let places = (0..count).flat_map(|place| iter::repeat_n(u32::try_from(place).unwrap_or(u32::MAX), days));
        let periods = (0..count).flat_map(|_| (first_day..first_day + days).map(|day| self.day(day)));
        let status = vec![u32::from(OFFICIAL.bits()); values.len()];
        Batch::new(
            series.collect(),
            places.collect(),
            periods.collect(),
            values,
            status,
            Vec::new(),
        )
    }

    fn source(&self, series: usize) -> Source {
        let mut random = Random::new(self.shape.seed, series as u64);
        let level = random.between(1_000, 60_000);
        Source { random, level }
    }
}

impl Source {
    fn next(&mut self, kind: Kind) -> i64 {
        match kind {
            Kind::Stock => {
                self.level = (self.level + self.random.between(-20, 40)).max(0);
                self.level
            }
            Kind::Flow => self.random.between(0, 500),
        }
    }
}

impl Random {
    pub(super) const fn new(seed: u64, stream: u64) -> Self {
        Self(seed ^ stream.wrapping_mul(0xd1b5_4a32_d192_ed03))
    }

    /// A number from `least` on and less than `end`.
    pub(super) fn between(&mut self, least: i64, end: i64) -> i64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        let width = end.abs_diff(least);
        least.saturating_add_unsigned(mixed % width)
    }
}

pub(super) fn province_name(province: usize) -> String {
    format!("P{:02}", province + 1)
}

pub(super) fn district_name(district: usize) -> String {
    format!("D{:03}", district + 1)
}

pub(super) fn ordinal(day: Date) -> i32 {
    Period::containing(Granularity::Day, day).ordinal()
}

fn areas(shape: &Shape) -> String {
    let mut text = "area,code,name_vi,level,parent,valid_from,valid_to\n".to_owned();
    let mut add = |id: &str, level: &str, parent: &str| {
        // writing to a string cannot fail
        let _ = writeln!(text, "{id},{id},{id},{level},{parent},2000-01-01,");
    };
    add(COUNTRY, "country", "");
    for province in 0..shape.provinces {
        add(&province_name(province), "province", COUNTRY);
    }
    for district in 0..shape.districts {
        let province = province_name(shape.province_of(district));
        add(&district_name(district), "district", &province);
    }
    text
}

/// One cell for each combination of the metric's codes.
fn cells_of(catalog: &Catalog, metric: &Metric) -> Vec<Cell> {
    let mut combinations = vec![Vec::new()];
    for dimension in metric.dimensions.iter().filter_map(|id| catalog.dimension(id.as_str())) {
        let longer = |before: Vec<(DimensionId, Code)>| {
            let codes = dimension.codes.iter();
            codes.map(move |item| {
                let mut combination = before.clone();
                combination.push((dimension.id.clone(), item.code.clone()));
                combination
            })
        };
        combinations = combinations.into_iter().flat_map(longer).collect();
    }
    let cell = |mut dimensions: Vec<(DimensionId, Code)>| {
        dimensions.sort();
        Cell {
            metric: metric.id.clone(),
            kind: metric.kind,
            dimensions: dimensions.into(),
        }
    };
    combinations.into_iter().map(cell).collect()
}

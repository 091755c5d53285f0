//! Events that the catalogue accepts, in batches.

use std::collections::{BTreeMap, HashSet};

use almanac_catalog::{Catalog, CheckedEvent, Method, Metric};
use almanac_model::{
    AreaId, Batch, BatchSeries, Code, Decimal, DimensionId, Event, EventTime, Granularity, Measure, MissingReason,
    Period, Qualifier, Quality, ReporterId, Revision,
};
use jiff::civil::{Date, date};

use super::genes::{Choices, Gene};

/// Batches in the order of their revisions.
pub type Log = Vec<(Revision, Batch)>;

/// After every period that is recorded, so that everything may be official.
const TODAY: Date = date(2030, 1, 1);
/// Revisions need not follow each other: some hold a catalogue.
const REVISIONS: [u64; 5] = [1, 2, 4, 5, 9];
const NUMBERS: [i128; 14] = [1, 2, 3, 5, 7, 10, 12, 25, 31, 40, 0, 0, -1, -3];
const MISSING: [MissingReason; 4] = [
    MissingReason::NotCollected,
    MissingReason::CannotExist,
    MissingReason::Suppressed,
    MissingReason::Unspecified,
];

/// A log of the events that the genes tell and the catalogue accepts.
pub(super) fn log(catalog: &Catalog, genes: &[Gene]) -> Log {
    let mut batches: BTreeMap<Revision, Vec<CheckedEvent>> = BTreeMap::new();
    let mut reported = HashSet::new();
    for gene in genes {
        let mut choices = Choices::of(gene);
        let revision = Revision(choices.of_values(REVISIONS));
        for (reporter, event) in events(catalog, &mut choices) {
            let Ok(checked) = catalog.check_event(&reporter, &event, TODAY) else {
                continue;
            };
            let metric = catalog.metric(event.metric.as_str());
            let is_report = metric.is_some_and(|metric| metric.method == Method::Report);
            // two reports of one value in one batch are refused at the door
            if !is_report || reported.insert((revision, checked.series.clone(), checked.period)) {
                batches.entry(revision).or_default().push(checked);
            }
        }
    }
    let batches = batches.into_iter();
    batches.map(|(revision, events)| (revision, batch(&events))).collect()
}

/// The events of one gene: one event, a run of periods, a sweep over areas, or both.
fn events(catalog: &Catalog, choices: &mut Choices<'_>) -> Vec<(ReporterId, Event)> {
    let metrics: Vec<&Metric> = catalog.metrics().collect();
    let Some(metric) = choices.one(&metrics) else {
        return Vec::new();
    };
    let of_metric: Vec<ReporterId> = catalog
        .reporters()
        .filter(|reporter| reporter.metrics.contains(&metric.id))
        .map(|reporter| reporter.id.clone())
        .collect();
    let Some(reporter) = choices.one(&of_metric) else {
        return Vec::new();
    };
    let first = first_period(metric.frequency, choices);
    let level = metric.level_for(first);
    let areas: Vec<&AreaId> = catalog
        .areas()
        .filter(|area| Some(&area.level) == level)
        .map(|area| &area.id)
        .collect();
    let at = choices.below(areas.len());
    let run = choices.of_values([1, 1, 2, 3, 6]);
    let sweep = choices.of_values([1, 1, 3, 8]);
    let codes = codes(catalog, metric, choices);
    let quality = choices.of_values([Quality::Official, Quality::Official, Quality::Preliminary, Quality::Estimated]);
    let qualifier = choices.of_values([
        Qualifier::Exact,
        Qualifier::Exact,
        Qualifier::Exact,
        Qualifier::Exact,
        Qualifier::AtLeast,
        Qualifier::AtMost,
        Qualifier::About,
    ]);
    let mut found = Vec::new();
    for area in areas.iter().skip(at).take(sweep) {
        for places in 0..run {
            let event = Event {
                metric: metric.id.clone(),
                area: (*area).clone(),
                dimensions: codes.clone(),
                time: EventTime::Period(first.offset(places)),
                measure: measure(metric, choices),
                quality,
                qualifier,
                event_id: Some("x".to_owned()),
                note: None,
                correction: None,
            };
            found.push((reporter.clone(), event));
        }
    }
    found
}

/// A period near the days on which things change.
fn first_period(frequency: Granularity, choices: &mut Choices<'_>) -> Period {
    let (day, count) = match frequency {
        Granularity::Day => (date(2017, 6, 3), 20),
        Granularity::Week => (date(2017, 5, 8), 10),
        Granularity::Month => (date(2016, 11, 1), 16),
        Granularity::Quarter => (date(2016, 7, 1), 7),
        Granularity::Half => (date(2016, 1, 1), 5),
        Granularity::Year => (date(2014, 1, 1), 5),
    };
    Period::containing(frequency, day).offset(i32::try_from(choices.below(count)).unwrap_or(0))
}

fn codes(catalog: &Catalog, metric: &Metric, choices: &mut Choices<'_>) -> BTreeMap<DimensionId, Code> {
    let code = |dimension: &DimensionId| {
        let codes = &catalog.dimension(dimension.as_str())?.codes;
        Some((dimension.clone(), choices.one(codes)?.code.clone()))
    };
    metric.dimensions.iter().filter_map(code).collect()
}

fn measure(metric: &Metric, choices: &mut Choices<'_>) -> Measure {
    let byte = choices.below(256);
    if metric.method == Method::Report && byte % 5 == 4 {
        Measure::Missing(MISSING[byte / 5 % MISSING.len()])
    } else {
        let decimals = if byte % 2 == 0 { 0 } else { metric.decimals };
        Measure::Value(Decimal::new(NUMBERS[byte % NUMBERS.len()], decimals))
    }
}

/// A batch of events, in this order.
fn batch(events: &[CheckedEvent]) -> Batch {
    let mut series: Vec<BatchSeries> = Vec::new();
    let mut index = Vec::new();
    for event in events {
        let known = series.iter().position(|series| *series == event.series);
        let position = known.unwrap_or_else(|| {
            series.push(event.series.clone());
            series.len() - 1
        });
        index.push(u32::try_from(position).unwrap_or(u32::MAX));
    }
    columns(
        series,
        index,
        events.iter().map(|event| event.period.ordinal()).collect(),
        events.iter().map(|event| event.value).collect(),
        events.iter().map(|event| event.status.bits().into()).collect(),
    )
}

fn columns(series: Vec<BatchSeries>, index: Vec<u32>, period: Vec<i32>, value: Vec<i64>, status: Vec<u32>) -> Batch {
    match Batch::new(series, index, period, value, status, Vec::new()) {
        Ok(batch) => batch,
        Err(error) => panic!("the generator made columns that do not fit: {error}"),
    }
}

/// The rows of a batch in this order; rows that are not named are left out.
fn rows(batch: &Batch, order: &[usize]) -> Batch {
    let (index, period, value, status) = batch.columns();
    columns(
        batch.series().to_vec(),
        order.iter().map(|&row| index[row]).collect(),
        order.iter().map(|&row| period[row]).collect(),
        order.iter().map(|&row| value[row]).collect(),
        order.iter().map(|&row| status[row]).collect(),
    )
}

/// The same log with the events of each batch in another order.
#[must_use]
pub fn shuffled(log: &Log, seed: u64) -> Log {
    let key = |row: usize| (row as u64 + 1).wrapping_mul(seed | 1).rotate_left(17) ^ seed;
    let reorder = |batch: &Batch| {
        let mut order: Vec<usize> = (0..batch.len()).collect();
        order.sort_by_key(|&row| key(row));
        rows(batch, &order)
    };
    log.iter().map(|(revision, batch)| (*revision, reorder(batch))).collect()
}

/// The same events in the same order, in batches of at most so many.
///
/// # Panics
/// When `most` is 0.
#[must_use]
pub fn rebatched(log: &Log, most: usize) -> Log {
    let mut smaller = Log::new();
    for (_, batch) in log {
        let order: Vec<usize> = (0..batch.len()).collect();
        for chunk in order.chunks(most) {
            let revision = smaller.last().map_or(Revision::EMPTY, |(revision, _)| *revision).next();
            smaller.push((revision, rows(batch, chunk)));
        }
    }
    smaller
}

//! Events that the catalogue accepts, in batches.

use std::collections::{BTreeMap, HashSet};

use almanac_catalog::{Catalog, CheckedEvent, Method, Metric};
use almanac_model::{
    AreaId, Batch, BatchBuilder, BatchExtra, BatchSeries, Code, Decimal, DimensionId, Event, EventTime, Granularity,
    Measure, MissingReason, Period, Qualifier, Quality, ReporterId, Revision, Status,
};
use jiff::civil::{Date, date};

use super::genes::{Choices, Gene};
use super::secrets::keep_secret;

/// Batches in the order of their revisions.
pub type Log = Vec<(Revision, Batch)>;

/// From what a log is made.
#[derive(Clone, Debug)]
pub(super) struct EventGenes {
    pub(super) floods: Vec<Gene>,
    pub(super) bursts: Vec<Gene>,
    pub(super) secrets: Vec<Gene>,
    pub(super) withdrawals: Vec<Gene>,
}

/// After every period that is recorded, so that everything may be official.
const TODAY: Date = date(2030, 1, 1);
/// Revisions need not follow each other: some hold a catalogue.
const REVISIONS: [u64; 5] = [1, 2, 4, 5, 9];
/// Withdrawals are batches of their own.
const WITHDRAWALS: [Revision; 3] = [Revision(3), Revision(7), Revision(10)];
const NUMBERS: [i128; 14] = [1, 2, 3, 5, 7, 10, 12, 25, 31, 40, 0, 0, -1, -3];
const MISSING: [MissingReason; 4] = [
    MissingReason::NotCollected,
    MissingReason::CannotExist,
    MissingReason::Suppressed,
    MissingReason::Unspecified,
];

/// The log that genes tell, as far as the catalogue accepts it: of each metric a flood of events over all areas and periods,
/// then bursts over a few of them, which correct or add to the flood, of which some are secret, then withdrawals.
pub(super) fn log(catalog: &Catalog, genes: &EventGenes) -> Log {
    let EventGenes {
        floods,
        bursts,
        secrets,
        withdrawals,
    } = genes;
    let mut batches: BTreeMap<Revision, Vec<CheckedEvent>> = BTreeMap::new();
    let mut reported = HashSet::new();
    let metrics: Vec<&Metric> = catalog.metrics().collect();
    let floods = metrics.iter().zip(floods).map(|(metric, gene)| (Some(metric), gene));
    for (flooded, gene) in floods.chain(bursts.iter().map(|gene| (None, gene))) {
        let mut choices = Choices::of(gene);
        let revision = Revision(choices.of_values(REVISIONS));
        let Some(metric) = flooded.or_else(|| choices.one(&metrics)) else {
            continue;
        };
        for (reporter, event) in events(catalog, metric, flooded.is_some(), &mut choices) {
            let Ok(checked) = catalog.check_event(&reporter, &event, TODAY) else {
                continue;
            };
            // two reports of one value in one batch are refused at the door
            if metric.method == Method::Tally || reported.insert((revision, key(&checked))) {
                batches.entry(revision).or_default().push(checked);
            }
        }
    }
    for gene in secrets {
        keep_secret(catalog, &mut batches, &mut Choices::of(gene));
    }
    let withdrawn = withdrawn(catalog, &batches, withdrawals);
    let mut log: Log = batches
        .iter()
        .map(|(revision, events)| (*revision, batch(events, BatchBuilder::push)))
        .collect();
    for (revision, events) in withdrawn {
        log.push((revision, batch(&events, BatchBuilder::push_retraction)));
    }
    log.sort_by_key(|(revision, _)| *revision);
    log
}

fn key(event: &CheckedEvent) -> (BatchSeries, Period) {
    (event.series.clone(), event.period)
}

/// What is taken back, in batches of their own: each event of a tally at most once, each report at most once in a batch.
fn withdrawn(
    catalog: &Catalog,
    batches: &BTreeMap<Revision, Vec<CheckedEvent>>,
    genes: &[Gene],
) -> BTreeMap<Revision, Vec<CheckedEvent>> {
    let recorded = batches
        .iter()
        .flat_map(|(revision, events)| events.iter().map(move |event| (*revision, event)));
    let mut recorded: Vec<(Revision, &CheckedEvent)> = recorded.collect();
    let mut reported = HashSet::new();
    let mut withdrawn: BTreeMap<Revision, Vec<CheckedEvent>> = BTreeMap::new();
    for gene in genes {
        let mut choices = Choices::of(gene);
        let at = choices.scattered() * 64 + choices.below(64);
        let Some(index) = at.checked_rem(recorded.len()) else {
            continue;
        };
        let (revision, event) = recorded.swap_remove(index);
        let wanted = choices.of_values(WITHDRAWALS).max(Revision(revision.0 + 1));
        let later = WITHDRAWALS.into_iter().find(|withdrawal| *withdrawal >= wanted);
        let metric = catalog.metric(event.series.metric.as_str());
        let is_tally = metric.is_some_and(|metric| metric.method == Method::Tally);
        if let Some(later) = later.filter(|later| is_tally || reported.insert((*later, key(event)))) {
            withdrawn.entry(later).or_default().push(event.clone());
        }
    }
    withdrawn
}

/// A batch of events, in this order.
fn batch(events: &[CheckedEvent], push: fn(&mut BatchBuilder, BatchSeries, i32, i64, Status, BatchExtra)) -> Batch {
    let mut builder = BatchBuilder::default();
    for event in events {
        let CheckedEvent {
            series,
            period,
            value,
            status,
            ..
        } = event.clone();
        push(
            &mut builder,
            series,
            period.ordinal(),
            value,
            status,
            BatchExtra::default(),
        );
    }
    builder.finish()
}

/// The events of one gene: a burst over some areas and periods, or a flood over all of them.
fn events(catalog: &Catalog, metric: &Metric, is_flood: bool, choices: &mut Choices<'_>) -> Vec<(ReporterId, Event)> {
    let of_metric: Vec<ReporterId> = catalog
        .reporters()
        .filter(|reporter| reporter.metrics.contains(&metric.id))
        .map(|reporter| reporter.id.clone())
        .collect();
    let Some(reporter) = choices.one(&of_metric) else {
        return Vec::new();
    };
    let (day, window) = window(metric.frequency);
    let at = if is_flood { 0 } else { choices.below(window) };
    let run = if is_flood { window } else { choices.of_values([1, 3, 6]) };
    let first = Period::containing(metric.frequency, day).offset(i32::try_from(at).unwrap_or(0));
    // the catalogue refuses what is not at the level of its period
    let areas: Vec<&AreaId> = catalog.areas().map(|area| &area.id).collect();
    let at = choices.below(areas.len());
    let areas = if is_flood {
        areas
    } else {
        areas.into_iter().skip(at).take(choices.of_values([1, 3, 9])).collect()
    };
    let codes = combinations(catalog, metric);
    let codes = if is_flood {
        codes
    } else {
        choices.one(&codes).cloned().into_iter().collect()
    };
    let status = if is_flood {
        (Quality::Official, Qualifier::Exact)
    } else {
        choices.status()
    };
    let mut secrets = match choices.below(24) {
        22 if !is_flood => 1,
        23 if !is_flood => 2,
        _ => 0,
    };
    let mut found = Vec::new();
    for area in areas {
        for (places, codes) in (0..run).flat_map(|places| codes.iter().map(move |codes| (places, codes))) {
            let Some(measure) = measure(metric, choices) else {
                continue;
            };
            let confidential = secrets > 0 && matches!(measure, Measure::Value(_));
            secrets -= u32::from(confidential);
            found.push((
                reporter.clone(),
                Event {
                    metric: metric.id.clone(),
                    area: area.clone(),
                    dimensions: codes.clone(),
                    time: EventTime::Period(first.offset(i32::try_from(places).unwrap_or(0))),
                    measure,
                    quality: status.0,
                    qualifier: status.1,
                    event_id: Some("x".to_owned()),
                    note: None,
                    correction: None,
                    confidential,
                },
            ));
        }
    }
    found
}

impl Choices<'_> {
    fn status(&mut self) -> (Quality, Qualifier) {
        use Qualifier::{About, AtLeast, AtMost, Exact};
        use Quality::{Estimated, Official, Preliminary};
        let quality = self.of_values([Official, Official, Preliminary, Estimated]);
        (
            quality,
            self.of_values([Exact, Exact, Exact, Exact, AtLeast, AtMost, About]),
        )
    }
}

/// The periods near the days on which things change: the day of the first, and how many.
fn window(frequency: Granularity) -> (Date, usize) {
    match frequency.standard() {
        Granularity::Day => (date(2017, 6, 3), 20),
        Granularity::Week => (date(2017, 5, 8), 10),
        Granularity::Month => (date(2016, 11, 1), 16),
        Granularity::Quarter => (date(2016, 7, 1), 7),
        Granularity::Half => (date(2016, 1, 1), 5),
        Granularity::Year | Granularity::Custom(..) => (date(2014, 1, 1), 5),
    }
}

/// Every combination of the codes of a metric.
fn combinations(catalog: &Catalog, metric: &Metric) -> Vec<BTreeMap<DimensionId, Code>> {
    let mut all = vec![BTreeMap::new()];
    for id in &metric.dimensions {
        let codes = catalog
            .dimension(id.as_str())
            .map_or(&[][..], |dimension| &dimension.codes);
        let longer = all.iter().flat_map(|combination| {
            codes.iter().map(move |item| {
                let mut combination: BTreeMap<DimensionId, Code> = combination.clone();
                combination.insert(id.clone(), item.code.clone());
                combination
            })
        });
        all = longer.collect();
    }
    all
}

/// A number or a reason; `None` for nothing at all.
fn measure(metric: &Metric, choices: &mut Choices<'_>) -> Option<Measure> {
    let byte = choices.scattered();
    match byte % 10 {
        8 => None,
        9 if metric.method == Method::Report => Some(Measure::Missing(MISSING[byte / 10 % MISSING.len()])),
        tenth => {
            let decimals = if tenth < 5 { 0 } else { metric.decimals };
            Some(Measure::Value(Decimal::new(
                NUMBERS[byte / 10 % NUMBERS.len()],
                decimals,
            )))
        }
    }
}

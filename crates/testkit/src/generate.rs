//! Random catalogues, logs and questions, small enough to be read when a test fails.
//!
//! Everything is drawn from [`Gene`]s: rows of bytes, one row for each area, metric, indicator, event, question. Proptest
//! shrinks by leaving rows out and making bytes smaller, and byte 0 always stands for the plainest choice; so what is
//! left of a failing case is a few plain definitions and events.
//!
//! ```text
//! territory  three levels, areas that begin, end, move and divide       generate/territory.rs
//! groupings  areas that are urban, rural or neither                     generate/groupings.rs
//! metrics    kinds, operators, frequencies, levels                      generate/metrics.rs
//! formulas   indicators, and formulas of questions                      generate/formulas.rs
//! draft      the texts of formulas                                      generate/draft.rs
//! kinds      what may be asked of a formula                             generate/kinds.rs
//! targets    what is planned for measures                               generate/targets.rs
//! rules      identities, ranges, jumps, outliers                        generate/rules.rs
//! reporters  who may report, and what is expected                       generate/reporters.rs
//! log        events that the catalogue accepts, in batches              generate/log.rs
//! secrets    numbers that are confidential, and questions about them     generate/secrets.rs
//! batches    the same events in other batches                           generate/batches.rs
//! questions  measures, areas, periods, groups, filters                  generate/questions.rs
//! ```

mod batches;
mod draft;
mod formulas;
mod genes;
mod groupings;
mod kinds;
mod log;
mod metrics;
mod questions;
mod reporters;
mod rules;
mod secrets;
mod targets;
mod territory;

use std::fmt;

use almanac_catalog::{Catalog, CatalogFiles};
use almanac_indicator::Question;
use almanac_model::{Batch, Revision};
use proptest::collection::vec;
use proptest::prelude::{Strategy, any};

pub use self::batches::{rebatched, shuffled};
pub use self::genes::{Choices, Gene};
use self::log::EventGenes;
pub use self::log::Log;

/// A catalogue, what was recorded under it, and questions.
#[derive(Clone)]
pub struct World {
    /// The definitions.
    pub catalog: Catalog,
    /// The batches in the order of their revisions.
    pub log: Log,
    /// Questions, each with the revision as of which it is asked.
    pub questions: Vec<(Revision, Question)>,
}

/// What a world is made from.
#[derive(Clone, Debug)]
struct Genome {
    calendar: u8,
    areas: Vec<Gene>,
    changes: Vec<Gene>,
    groupings: Vec<Gene>,
    metrics: Vec<Gene>,
    indicators: Vec<Gene>,
    targets: Vec<Gene>,
    reporters: Vec<Gene>,
    expectations: Vec<Gene>,
    events: EventGenes,
    questions: Vec<Gene>,
    rules: Vec<Gene>,
    /// Formulas of some of the questions, in their order.
    ad_hoc: Vec<Gene>,
}

/// Random worlds.
pub fn world() -> impl Strategy<Value = World> {
    let genes = |least: usize, most: usize| vec(any::<Gene>(), least..=most);
    let definitions = (
        genes(4, 14),
        genes(0, 5),
        genes(0, 5),
        genes(1, 4),
        genes(0, 6),
        genes(0, 3),
        genes(0, 2),
        genes(0, 4),
    );
    let parts = (
        any::<u8>(),
        definitions,
        (genes(3, 6), genes(0, 10), genes(0, 2), genes(0, 4)),
        (genes(1, 8), genes(0, 5)),
        genes(0, 4),
    );
    parts.prop_map(|(calendar, definitions, events, (questions, ad_hoc), rules)| {
        let (floods, bursts, secrets, withdrawals) = events;
        let (areas, changes, groupings, metrics, indicators, targets, reporters, expectations) = definitions;
        Genome {
            calendar,
            areas,
            changes,
            groupings,
            metrics,
            indicators,
            targets,
            reporters,
            expectations,
            events: EventGenes {
                floods,
                bursts,
                secrets,
                withdrawals,
            },
            questions,
            rules,
            ad_hoc,
        }
        .world()
    })
}

impl Genome {
    fn world(&self) -> World {
        let catalog = self.catalog();
        let log = log::log(&catalog, &self.events);
        let mut ad_hoc = self.ad_hoc.iter().map(|gene| formulas::ad_hoc(&catalog, gene));
        let questions = self.questions.iter();
        World {
            questions: questions
                .map(|gene| questions::question(&catalog, &log, gene, ad_hoc.next().flatten()))
                .collect(),
            catalog,
            log,
        }
    }

    /// The catalogue, written as a person would write it and loaded like any other.
    fn catalog(&self) -> Catalog {
        let territory = territory::territory(&self.areas, &self.changes);
        let frequencies = metrics::frequencies(self.calendar);
        let mut metrics = metrics::metrics(&self.metrics, frequencies);
        let (indicators_toml, measures) = formulas::indicators(&self.indicators, &metrics);
        metrics.extend(targets::targets(&self.targets, &measures, frequencies));
        let (reporters, reporters_toml) = reporters::reporters(&self.reporters, &metrics, &territory.areas);
        let mut files: CatalogFiles = [
            ("areas.csv", territory.areas_csv),
            ("transitions.csv", territory.transitions_csv),
            (metrics::VOCABULARY_FILE, metrics::VOCABULARY.to_owned()),
            (
                "metrics.toml",
                metrics.iter().map(|metric| metric.toml.as_str()).collect(),
            ),
            ("indicators.toml", indicators_toml),
            ("rules.toml", rules::rules(&self.rules, &measures)),
            ("reporters.toml", reporters_toml),
            (
                "expectations.toml",
                reporters::expectations(&self.expectations, &reporters, &metrics),
            ),
        ]
        .into_iter()
        .collect();
        if frequencies.iter().any(|frequency| frequency.contains(' ')) {
            files.insert("calendars.toml", metrics::CALENDARS.to_owned());
        }
        if let Some((toml, csv)) = groupings::groupings(&self.groupings, &territory.areas) {
            files.insert("groupings.toml", toml);
            files.insert("groupings.csv", csv);
        }
        load(&files)
    }
}

/// Loads a catalogue of a test.
///
/// # Panics
/// When it has problems; they are all in the message.
#[must_use]
pub fn load(files: &CatalogFiles) -> Catalog {
    match Catalog::load(files) {
        Ok(catalog) => catalog,
        Err(problems) => panic!("the catalogue has {problems:#?} in {files:#?}"),
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, text) in self
            .catalog
            .files()
            .iter()
            .filter(|(name, _)| *name != metrics::VOCABULARY_FILE)
        {
            writeln!(f, "\n----- {name}")?;
            let told = |line: &&str| !line.is_empty() && !metrics::DOCUMENTATION.contains(*line);
            for line in text.lines().filter(told) {
                writeln!(f, "{line}")?;
            }
        }
        writeln!(f, "----- log")?;
        for (revision, batch) in &self.log {
            write_batch(f, *revision, batch)?;
        }
        writeln!(f, "----- questions")?;
        for (as_of, question) in &self.questions {
            writeln!(f, "as of {as_of}: {question:?}")?;
        }
        Ok(())
    }
}

fn write_batch(f: &mut fmt::Formatter<'_>, revision: Revision, batch: &Batch) -> fmt::Result {
    for row in batch.rows() {
        let series = row.series;
        let period = almanac_model::Period::from_ordinal(series.granularity, row.period);
        let period = period.map_or_else(String::new, |period| period.to_string());
        writeln!(
            f,
            "{revision}: {}{} {} {} {:?} {period} = {}e-{} {:?}",
            if row.is_retraction { "take back " } else { "" },
            series.metric,
            series.area,
            series.reporter,
            series.dimensions,
            row.value,
            series.decimals,
            row.status
        )?;
    }
    Ok(())
}

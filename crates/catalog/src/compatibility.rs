//! What a later version of a catalogue may not change, because recorded figures would mean something else.

use std::fmt::Debug;

use almanac_model::{Code, DimensionId, YearName};

use crate::load::Subject;
use crate::{Area, Catalog, DatedParent, Metric, Problem};

const NEW_METRIC: &str = "define a new metric id; the old one keeps its figures";

/// What `new` changes although figures may have been recorded under `old`; empty when it may take its place. Removed
/// definitions are told with their file and line in `old`, changed ones with those in `new`.
#[must_use]
pub fn compatibility(old: &Catalog, new: &Catalog) -> Vec<Problem> {
    let mut problems = Vec::new();
    check_head(old, new, &mut problems);
    check_removed(old, new, &mut problems);
    for metric in old.metrics() {
        if let Some(later) = new.metric(metric.id.as_str()) {
            check_metric(metric, later, new, &mut problems);
        }
    }
    for dimension in old.dimensions() {
        if let Some(later) = new.dimension(dimension.id.as_str()) {
            let removed = dimension
                .codes
                .iter()
                .filter(|item| later.code(item.code.as_str()).is_none());
            problems.extend(removed.map(|item| removed_code(&dimension.id, &item.code, new)));
        }
    }
    for area in old.areas() {
        if let Some(later) = new.area(area.id.as_str()) {
            check_area(area, later, new, &mut problems);
        }
    }
    problems.sort();
    problems
}

fn check_head(old: &Catalog, new: &Catalog, problems: &mut Vec<Problem>) {
    if old.id() != new.id() {
        let message = format!("the catalogue was {:?} and is {:?}", old.id(), new.id());
        problems.push(
            new.head
                .origin
                .problem(message, "keep the id; another catalogue needs a log of its own"),
        );
    }
    if old.time_zone_name() != new.time_zone_name() {
        let message = format!(
            "the time zone was {} and is {}",
            old.time_zone_name(),
            new.time_zone_name()
        );
        let remedy = "keep the time zone: it decided in which periods recorded instants were counted";
        problems.push(new.head.origin.problem(message, remedy));
    }
}

/// What recorded events name must stay defined.
fn check_removed(old: &Catalog, new: &Catalog, problems: &mut Vec<Problem>) {
    let mut check = |subject: Subject, id: &str, still_there: bool| {
        if !still_there {
            let message = format!("{} {id:?} was removed", subject.word());
            let remedy = "keep it: recorded figures name it";
            problems.push(old.origin(subject, id).problem(message, remedy));
        }
    };
    for metric in old.metrics() {
        let id = metric.id.as_str();
        check(Subject::Metric, id, new.metric(id).is_some());
    }
    for area in old.areas() {
        let id = area.id.as_str();
        check(Subject::Area, id, new.area(id).is_some());
    }
    for reporter in old.reporters() {
        let id = reporter.id.as_str();
        check(Subject::Reporter, id, new.reporter(id).is_some());
    }
    for dimension in old.dimensions() {
        let id = dimension.id.as_str();
        check(Subject::Dimension, id, new.dimension(id).is_some());
    }
    for level in old.levels() {
        let id = level.id.as_str();
        check(Subject::Level, id, new.level(id).is_some());
    }
}

fn removed_code(dimension: &DimensionId, code: &Code, new: &Catalog) -> Problem {
    let message = format!("code {:?} of dimension \"{dimension}\" was removed", code.as_str());
    new.origin(Subject::Dimension, dimension.as_str())
        .problem(message, "keep it: recorded figures name it")
}

fn check_metric(old: &Metric, new: &Metric, catalog: &Catalog, problems: &mut Vec<Problem>) {
    let origin = catalog.origin(Subject::Metric, new.id.as_str());
    let mut check = |what: &str, was: String, is: String| {
        if was != is {
            let message = format!("{what} of metric {:?} was {was} and is {is}", new.id.as_str());
            problems.push(origin.problem(message, NEW_METRIC));
        }
    };
    check("the kind", word(old.kind), word(new.kind));
    check("the method", word(old.method), word(new.method));
    check("the unit", old.unit.to_string(), new.unit.to_string());
    check("\"decimals\"", old.decimals.to_string(), new.decimals.to_string());
    check(
        "the frequency",
        old.frequency.name().to_owned(),
        new.frequency.name().to_owned(),
    );
    check("the calendar", rule(old), rule(new));
    check("\"cumulative\"", since(old), since(new));
    check("\"sum\"", word(old.sum), word(new.sum));
    check("the list of dimensions", dimensions(old), dimensions(new));
    check("\"target_of\"", target(old), target(new));
    for removed in old
        .breaks
        .iter()
        .filter(|was| new.breaks.iter().all(|is| is.date != was.date))
    {
        let message = format!(
            "the break of metric {:?} on {} was removed",
            new.id.as_str(),
            removed.date
        );
        let remedy = "keep it: figures recorded before and after it mean different things";
        problems.push(origin.problem(message, remedy));
    }
}

/// The word that the catalogue's files have for it.
fn word(value: impl Debug) -> String {
    format!("{value:?}").to_lowercase()
}

/// What a recorded value counts from.
fn since(metric: &Metric) -> String {
    if metric.cumulative { "year" } else { "absent" }.to_owned()
}

/// The rule of the calendar in which a metric is reported: it decides what the recorded periods were.
fn rule(metric: &Metric) -> String {
    let Some(calendar) = metric.frequency.calendar() else {
        return "the standard one".to_owned();
    };
    let days = calendar.closing_days();
    let days = days.map(|day| day.day().map_or_else(|| "last".to_owned(), |day| day.to_string()));
    let year = match (calendar.first_month(), calendar.named_by()) {
        (1, _) => "its year with month 1".to_owned(),
        (month, YearName::Start) => format!("its year with month {month}, named by its start"),
        (month, YearName::End) => format!("its year with month {month}, named by its end"),
    };
    format!("{calendar} (closes its months with {}, begins {year})", days.join(" "))
}

/// A plan's figures do not become what happened, or the plan of something else.
fn target(metric: &Metric) -> String {
    metric
        .target_of
        .as_ref()
        .map_or_else(|| "absent".to_owned(), ToString::to_string)
}

/// Their order is one of publication and may change.
fn dimensions(metric: &Metric) -> String {
    let mut ids: Vec<&str> = metric.dimensions.iter().map(DimensionId::as_str).collect();
    ids.sort_unstable();
    if ids.is_empty() {
        "empty".to_owned()
    } else {
        ids.join(", ")
    }
}

fn check_area(old: &Area, new: &Area, catalog: &Catalog, problems: &mut Vec<Problem>) {
    let origin = catalog.origin(Subject::Area, new.id.as_str());
    if old.level != new.level {
        let message = format!(
            "the level of area {:?} was {} and is {}",
            new.id.as_str(),
            old.level,
            new.level
        );
        problems.push(origin.problem(message, "give the later unit another area id"));
    }
    if !continues(&old.parents, &new.parents) {
        let message = format!("the validity of area {:?} was rewritten", new.id.as_str());
        let remedy = "keep its lines; end the last one and add others after it";
        problems.push(origin.problem(message, remedy));
    }
}

/// Whether the later stretches say the same of the past: all are kept, but an open end may be closed, and others follow.
fn continues(old: &[DatedParent], new: &[DatedParent]) -> bool {
    let kept = |(was, is): (&DatedParent, &DatedParent)| {
        was.parent == is.parent && was.from == is.from && (was.to == is.to || was.to.is_none())
    };
    let begins_after = |stretch: &DatedParent| old.last().is_none_or(|last| stretch.from > last.from);
    old.len() <= new.len() && old.iter().zip(new).all(kept) && new[old.len()..].iter().all(begins_after)
}

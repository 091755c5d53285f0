//! Metrics, and the rules that hold inside one of them.

use almanac_model::{DimensionId, Granularity};

use super::breaks::read_breaks;
use super::calendar::granularity;
use super::fields::Fields;
use super::names::{Names, Subject};
use super::target::{check_target, read_target};
use crate::{CollectionLevel, CustomCalendar, Kind, Method, Metric, Range, SumOperator, TimeOperator};

/// More decimals leave too few digits before the point in 64 bits.
const MAX_DECIMALS: u32 = 9;
/// Longer than any publication waits for a value.
const MAX_CARRY_FORWARD: u32 = 366;

const KINDS: [(&str, Kind); 2] = [("flow", Kind::Flow), ("stock", Kind::Stock)];
const METHODS: [(&str, Method); 2] = [("tally", Method::Tally), ("report", Method::Report)];
const SUMS: [(&str, SumOperator); 2] = [("sum", SumOperator::Sum), ("none", SumOperator::None)];
const TIMES: [(&str, TimeOperator); 6] = [
    ("sum", TimeOperator::Sum),
    ("last", TimeOperator::Last),
    ("first", TimeOperator::First),
    ("average", TimeOperator::Average),
    ("min", TimeOperator::Min),
    ("max", TimeOperator::Max),
];

pub(super) fn read_metric(fields: &mut Fields<'_>, names: &Names<'_>, calendars: &[CustomCalendar]) -> Option<Metric> {
    let (id, documentation) = (fields.id("id"), fields.documentation());
    let kind = fields.required_choice("kind", &KINDS);
    let method = fields.required_choice("method", &METHODS);
    let unit = fields.reference(names, Subject::Unit, "unit");
    let decimals = read_decimals(fields);
    let dimensions = read_dimensions(fields, names);
    let frequency = granularity(fields, "frequency", names, calendars);
    let time = time_operator(fields, kind);
    let cumulative = cumulative(fields, kind, method, frequency);
    let target_of = read_target(fields, names);
    let additive = target_of.is_none().then_some(SumOperator::Sum);
    let sum = read_or(fields, "sum", &SUMS, additive.unwrap_or(SumOperator::None));
    let levels = read_levels(fields, names);
    let carry_forward = fields.count("carry_forward", 0, MAX_CARRY_FORWARD);
    if kind == Some(Kind::Flow) && carry_forward.is_some_and(|periods| periods > 0) {
        let message = format!("{} is a flow and has \"carry_forward\"", fields.what());
        fields.report(
            "carry_forward",
            message,
            "leave it out: what happened in one period did not happen in the next",
        );
    }
    if kind == Some(Kind::Stock) && method == Some(Method::Tally) {
        let message = format!("{} is a stock and is tallied", fields.what());
        let remedy = "write method = \"report\": events add up to what happened, not to how much there is";
        fields.report("method", message, remedy);
    }
    if target_of.is_some() {
        check_target(fields, method, sum, carry_forward, cumulative == Some(true));
    }
    let range = fields.range();
    check_range_decimals(fields, range, decimals);
    let breaks = read_breaks(fields);
    Some(Metric {
        id: id?,
        documentation: documentation?,
        kind: kind?,
        method: method?,
        unit: unit?.value,
        decimals: decimals?,
        dimensions,
        frequency: frequency?,
        cumulative: cumulative?,
        time: time?,
        sum: sum?,
        levels,
        carry_forward: carry_forward?,
        range,
        breaks,
        target_of,
    })
}

pub(super) fn read_decimals(fields: &mut Fields<'_>) -> Option<u8> {
    let decimals = fields.count("decimals", 0, MAX_DECIMALS)?;
    u8::try_from(decimals).ok()
}

/// One of a few words, or the default when the key is absent; `None` when it is wrong.
fn read_or<T: Copy>(fields: &mut Fields<'_>, key: &'static str, words: &[(&str, T)], default: T) -> Option<T> {
    let absent = !fields.has(key);
    fields.choice(key, words).or(absent.then_some(default))
}

/// Whether reports tell the total since the start of the year: of what happened, in parts of the year.
fn cumulative(
    fields: &mut Fields<'_>,
    kind: Option<Kind>,
    method: Option<Method>,
    frequency: Option<Granularity>,
) -> Option<bool> {
    let cumulative = read_or(fields, "cumulative", &[("year", true)], false)?;
    if !cumulative {
        return Some(false);
    }
    let report = |wrong: bool, what: &str, remedy: &str| {
        if wrong {
            let message = format!("{} {what} and has \"cumulative\"", fields.what());
            fields.report("cumulative", message, remedy);
        }
    };
    report(
        kind == Some(Kind::Stock),
        "is a stock",
        "leave it out: how much there is does not add up since the start of a year",
    );
    report(
        method == Some(Method::Tally),
        "is a tally",
        "write method = \"report\": each event of a tally adds by itself",
    );
    let part_of_year = |frequency: Granularity| {
        let year = frequency.year();
        year.is_some_and(|year| year != frequency && frequency.divides(year))
    };
    report(
        frequency.is_some_and(|frequency| !part_of_year(frequency)),
        "is not reported by parts of a year",
        "write frequency = \"month\", \"quarter\" or \"half\", or leave it out",
    );
    Some(true)
}

/// Along time a flow adds and a stock does not.
fn time_operator(fields: &mut Fields<'_>, kind: Option<Kind>) -> Option<TimeOperator> {
    let default = match kind {
        Some(Kind::Stock) => TimeOperator::Last,
        _ => TimeOperator::Sum,
    };
    let time = read_or(fields, "time", &TIMES, default)?;
    match (kind?, time) {
        (Kind::Stock, TimeOperator::Sum) => fields.report(
            "time",
            format!("{} is a stock and is summed over time", fields.what()),
            "write \"last\", \"first\", \"average\", \"min\" or \"max\": twelve month-ends are not a year",
        ),
        (Kind::Flow, TimeOperator::Sum) | (Kind::Stock, _) => {}
        (Kind::Flow, _) => fields.report(
            "time",
            format!("{} is a flow and is not summed over time", fields.what()),
            "write \"sum\", or leave it out",
        ),
    }
    Some(time)
}

fn read_dimensions(fields: &mut Fields<'_>, names: &Names<'_>) -> Vec<DimensionId> {
    let mut dimensions: Vec<DimensionId> = Vec::new();
    for dimension in fields.references::<DimensionId>(names, Subject::Dimension, "dimensions") {
        if dimensions.contains(&dimension.value) {
            let message = format!(
                "{} lists the dimension {:?} twice",
                fields.what(),
                dimension.value.as_str()
            );
            fields.problems().report(dimension.place, message, "list it once");
        } else {
            dimensions.push(dimension.value);
        }
    }
    dimensions
}

fn read_levels(fields: &mut Fields<'_>, names: &Names<'_>) -> Vec<CollectionLevel> {
    let mut levels: Vec<CollectionLevel> = Vec::new();
    for mut item in fields.required_tables("levels", "[ { level = \"...\" } ]") {
        let before = item.problems().len();
        let level = item.reference(names, Subject::Level, "level");
        let (from, to) = (item.date("from"), item.date("to"));
        item.refuse_the_rest();
        let sound = item.problems().len() == before;
        if from.zip(to).is_some_and(|(from, to)| from >= to) {
            let message = format!("{} ends before it begins", item.what());
            item.report("to", message, "write the first day on which it is no longer so");
        }
        // a date that could not be read is not "for ever"
        let Some(level) = level.filter(|_| sound) else { continue };
        let level = CollectionLevel {
            level: level.value,
            from,
            to,
        };
        if let Some(other) = levels.iter().find(|other| overlap(other, &level)) {
            item.report(
                "level",
                format!(
                    "{} is collected by {} and by {} on the same days",
                    fields.what(),
                    other.level,
                    level.level
                ),
                "end one where the other begins: parents and children must not be counted together",
            );
        }
        levels.push(level);
    }
    levels
}

fn overlap(left: &CollectionLevel, right: &CollectionLevel) -> bool {
    let begins_before_end =
        |one: &CollectionLevel, other: &CollectionLevel| one.from.zip(other.to).is_none_or(|(from, to)| from < to);
    begins_before_end(left, right) && begins_before_end(right, left)
}

/// A limit that no value can be written to is a mistake in one of the two.
fn check_range_decimals(fields: &Fields<'_>, range: Range, decimals: Option<u8>) {
    let Some(decimals) = decimals else { return };
    for (key, limit) in [("min", range.min), ("max", range.max)] {
        if let Some(Err(error)) = limit.map(|limit| limit.to_scaled(decimals)) {
            let message = format!("{key:?} of {}: {error}", fields.what());
            fields.report(key, message, "write it with the metric's decimals");
        }
    }
}

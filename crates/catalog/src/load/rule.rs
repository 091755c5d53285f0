//! Rules: which kind, and the keys of that kind.

use almanac_model::{Decimal, DimensionId, RuleId};

use super::fields::Fields;
use super::indicator::{parse, resolve};
use super::names::{Names, Subject};
use crate::formula::parse::Expression;
use crate::problem::{Located, Place};
use crate::{Against, Among, Direction, Formula, LEAST_SAMPLE, Relation, Rule, RuleCheck, Severity, Tolerance};

/// Longer than any series is looked back on.
const MAX_PERIODS: u32 = 1_000;
/// Iglewicz and Hoaglin's: "modified z-scores with an absolute value of greater than 3.5 be labelled as potential outliers".
const THRESHOLD: Decimal = Decimal::new(35, 1);

const SEVERITIES: [(&str, Severity); 2] = [("error", Severity::Error), ("warning", Severity::Warning)];
const KINDS: [(&str, Kind); 4] = [
    ("identity", Kind::Identity),
    ("range", Kind::Range),
    ("jump", Kind::Jump),
    ("outlier", Kind::Outlier),
];
const RELATIONS: [(&str, Relation); 3] = [
    ("=", Relation::Equal),
    ("<=", Relation::AtMost),
    (">=", Relation::AtLeast),
];
const AGAINST: [(&str, Against); 2] = [
    ("previous_period", Against::PreviousPeriod),
    ("same_period_last_year", Against::SamePeriodLastYear),
];
const DIRECTIONS: [(&str, Direction); 3] = [
    ("up", Direction::Up),
    ("down", Direction::Down),
    ("both", Direction::Both),
];

/// The keys of all kinds.
const ALL_KEYS: [&str; 12] = [
    "left",
    "relation",
    "right",
    "tolerance",
    "measure",
    "min",
    "max",
    "against",
    "most_percent",
    "direction",
    "among",
    "threshold",
];

#[derive(Clone, Copy)]
enum Kind {
    Identity,
    Range,
    Jump,
    Outlier,
}

/// A rule as far as it could be read, with its formulas as they are written.
#[derive(Debug)]
pub(crate) struct ReadRule<'a> {
    pub(crate) rule: Option<Rule>,
    /// Where its dimensions are given.
    pub(crate) group_by: Place<'a>,
    /// What it is called in messages.
    pub(crate) what: String,
    /// The formulas, those of an identity from the left.
    pub(crate) formulas: Vec<(Expression, Place<'a>)>,
}

pub(super) fn read_rule<'a>(fields: &mut Fields<'a>, names: &Names<'_>) -> ReadRule<'a> {
    let (id, documentation) = (fields.id::<RuleId>("id"), fields.documentation());
    if let Some(id) = id.as_ref().filter(|id| names.measure(id.as_str()).is_some()) {
        let message = format!("{:?} is the id of a metric or indicator", id.as_str());
        fields.report(
            "id",
            message,
            "give the rule another: that id names the rule of the range that is declared there",
        );
    }
    let severity = fields.required_choice("severity", &SEVERITIES);
    let group_by = fields.references::<DimensionId>(names, Subject::Dimension, "group_by");
    let kind = fields.required_choice("kind", &KINDS);
    let mut formulas = Vec::new();
    if kind.is_none() {
        // which keys belong to it cannot be told: all are known
        fields.know(&ALL_KEYS);
    }
    let check = kind.and_then(|kind| read_check(fields, names, kind, &mut formulas));
    let read = || {
        Some(Rule {
            id: id?,
            documentation: documentation?,
            severity: severity?,
            group_by: group_by.into_iter().map(|dimension| dimension.value).collect(),
            check: check?,
        })
    };
    ReadRule {
        rule: read(),
        group_by: fields.place_of("group_by"),
        what: fields.what().to_owned(),
        formulas,
    }
}

type Formulas<'a> = Vec<(Expression, Place<'a>)>;

fn read_check<'a>(
    fields: &mut Fields<'a>,
    names: &Names<'_>,
    kind: Kind,
    formulas: &mut Formulas<'a>,
) -> Option<RuleCheck> {
    match kind {
        Kind::Identity => {
            let left = read_formula(fields, names, "left", formulas);
            let relation = fields.required_choice("relation", &RELATIONS);
            let right = read_formula(fields, names, "right", formulas);
            let tolerance = read_tolerance(fields);
            Some(RuleCheck::Identity {
                left: left?,
                relation: relation?,
                right: right?,
                tolerance: tolerance?,
            })
        }
        Kind::Range => {
            let measure = read_formula(fields, names, "measure", formulas);
            let range = fields.range();
            if !fields.has("min") && !fields.has("max") {
                let message = format!("{} has neither \"min\" nor \"max\"", fields.what());
                fields
                    .problems()
                    .report(fields.place(), message, "give at least one of them");
            }
            Some(RuleCheck::Range {
                measure: measure?,
                range,
            })
        }
        Kind::Jump => {
            let measure = read_formula(fields, names, "measure", formulas);
            let against = fields.required_choice("against", &AGAINST);
            let most_percent = fields.required_decimal("most_percent", "\"50\"");
            let most_percent = not_negative(fields, "most_percent", most_percent);
            let given = fields.choice("direction", &DIRECTIONS);
            let direction = if fields.has("direction") {
                given
            } else {
                Some(Direction::Both)
            };
            Some(RuleCheck::Jump {
                measure: measure?,
                against: against?,
                most_percent: most_percent?,
                direction: direction?,
            })
        }
        Kind::Outlier => {
            let measure = read_formula(fields, names, "measure", formulas);
            let among = read_among(fields);
            let given = fields.decimal("threshold");
            let threshold = if fields.has("threshold") {
                given
            } else {
                Some(THRESHOLD)
            };
            let threshold = not_negative(fields, "threshold", threshold);
            Some(RuleCheck::Outlier {
                measure: measure?,
                among: among?,
                threshold: threshold?,
            })
        }
    }
}

fn read_formula<'a>(
    fields: &mut Fields<'a>,
    names: &Names<'_>,
    key: &'static str,
    formulas: &mut Formulas<'a>,
) -> Option<Formula> {
    let text: Located<'a, &'a str> = fields.required_text(key)?;
    let expression = parse(text, fields.problems())?;
    let formula = resolve(&expression, text.place, names, fields.problems());
    if formula.as_ref().is_some_and(|formula| formula.references().is_empty()) {
        let message = format!("{key:?} of {} names no metric or indicator", fields.what());
        fields.problems().report(
            text.place,
            message,
            "name one; a rule of kind \"range\" compares one with a number",
        );
        return None;
    }
    formulas.push((expression, text.place));
    formula
}

/// `"0.5"`, or `{ percent = "1" }` of the right side. Absent: none.
fn read_tolerance(fields: &mut Fields<'_>) -> Option<Tolerance> {
    if !fields.has("tolerance") || fields.is_text("tolerance") {
        let given = fields.decimal("tolerance");
        let none = Decimal::new(0, 0);
        let tolerance = if fields.has("tolerance") { given } else { Some(none) };
        return not_negative(fields, "tolerance", tolerance).map(Tolerance::Absolute);
    }
    let mut table = fields.table("tolerance")?;
    let percent = table.required_decimal("percent", "\"1\"");
    table.refuse_the_rest();
    not_negative(&table, "percent", percent).map(Tolerance::Percent)
}

/// `{ periods = 12 }`, or `"areas"`.
fn read_among(fields: &mut Fields<'_>) -> Option<Among> {
    fields.demand("among", "{ periods = 12 }, or \"areas\"");
    if fields.is_text("among") {
        let text = fields.text("among")?;
        if text.value == "areas" {
            return Some(Among::Areas);
        }
        let message = format!("\"among\" of {} is {:?}", fields.what(), text.value);
        fields.report("among", message, "write { periods = 12 }, or \"areas\"");
        return None;
    }
    let mut table = fields.table("among")?;
    table.demand("periods", "12");
    let least = u32::from(LEAST_SAMPLE);
    let periods = table.count("periods", least, MAX_PERIODS);
    table.refuse_the_rest();
    let periods = periods?;
    if periods < least {
        let message = format!("{} has {periods} periods", table.what());
        let remedy = format!("write {{ periods = {least} }} or more: fewer values have no outlier, or \"areas\"");
        table.report("periods", message, remedy);
    }
    Some(Among::Periods(periods))
}

fn not_negative(fields: &Fields<'_>, key: &'static str, number: Option<Decimal>) -> Option<Decimal> {
    if let Some(number) = number.filter(|number| number.units() < 0) {
        let message = format!("{key:?} of {} is {number}", fields.what());
        fields.report(key, message, "write a number that is not below 0");
    }
    number
}

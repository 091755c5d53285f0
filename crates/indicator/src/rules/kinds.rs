//! The kinds of rule, each for one area, period and combination of codes.

mod sample;

use std::collections::HashMap;

use almanac_catalog::{Against, Among, Direction, LEAST_SAMPLE, Range, Relation, Rule, RuleCheck, Tolerance};
use almanac_model::{Decimal, Exact, MissingReason, Qualifier};

use self::sample::Samples;
use super::Target;
use super::finding::{FindingKind, RuleSide, Unchecked, UncheckedReason, Violation};
use super::judge::{Judged, judge};
use super::outlier::{absolute, modified_z_score};
use super::side::{DECIMALS, Reader, Side};
use crate::answer::Group;
use crate::plan::Plan;
use crate::question::{Base, GroupKey, RefusalReason, State};
use crate::value::Value;

/// Decimals of percentages and scores.
const RATIO_DECIMALS: u8 = 4;

/// A rule, and what was looked up for it.
pub(super) struct Checked<'a> {
    state: State<'a>,
    rule: &'a Rule,
    plans: &'a [Plan<'a>],
    group_by: Vec<GroupKey>,
    samples: Samples,
}

/// What a check came to: nothing to tell, or a violation.
type Outcome = Result<Option<Violation>, Unchecked>;

impl<'a> Checked<'a> {
    pub(super) fn new(state: State<'a>, rule: &'a Rule, plans: &'a [Plan<'a>]) -> Self {
        Self {
            state,
            rule,
            plans,
            group_by: rule.group_by.iter().cloned().map(GroupKey::Dimension).collect(),
            samples: HashMap::new(),
        }
    }

    /// What a check found; `None` when all is in order.
    pub(super) fn check(&mut self, target: &Target, group: &Group) -> Option<FindingKind> {
        let outcome = match &self.rule.check {
            RuleCheck::Identity {
                relation, tolerance, ..
            } => self.identity(*relation, *tolerance, target, group),
            RuleCheck::Range { range, .. } => self.range(*range, target, group),
            RuleCheck::Jump {
                against,
                most_percent,
                direction,
                ..
            } => self.jump(*against, *most_percent, *direction, target, group),
            RuleCheck::Outlier { among, threshold, .. } => self.outlier(*among, *threshold, target, group),
        };
        match outcome {
            Ok(None) => None,
            Ok(Some(violation)) => Some(FindingKind::Violation(Box::new(violation))),
            Err(unchecked) => Some(FindingKind::Unchecked(unchecked)),
        }
    }

    fn reader<'r>(&'r self, formula: usize, group: &'r Group) -> Reader<'r> {
        Reader {
            state: self.state,
            plan: &self.plans[formula],
            group_by: &self.group_by,
            group,
        }
    }

    fn identity(&self, relation: Relation, tolerance: Tolerance, (area, period): &Target, group: &Group) -> Outcome {
        let left = self.reader(0, group).read(area, *period)?;
        let right = self.reader(1, group).read(area, *period);
        let right = right.map_err(|refused| refused.beside(&left))?;
        let (_, right_number) = both(&left, &right)?;
        let allowed = match tolerance {
            Tolerance::Absolute(number) => Exact::from(number),
            Tolerance::Percent(percent) => {
                &absolute(&right_number) * &Exact::from_scaled(percent.units(), percent.scale() + 2)
            }
        };
        let least = -&allowed;
        let (low, high) = match relation {
            Relation::Equal => (Some(&least), Some(&allowed)),
            Relation::AtMost => (None, Some(&allowed)),
            Relation::AtLeast => (Some(&least), None),
        };
        let difference = left.value.clone().subtract(right.value.clone());
        let number = number_of(&difference, &[&left, &right])?;
        let bounded_limit = matches!(tolerance, Tolerance::Percent(_)) && right.value.qualifier != Qualifier::Exact;
        let judged = if bounded_limit {
            Judged::Unknown
        } else {
            judge(&number, difference.qualifier, low, high)
        };
        let (difference, limit) = (number.to_short_string(DECIMALS), allowed.to_short_string(DECIMALS));
        ended(judged, &[&left, &right], || Violation {
            message: format!(
                "{} and {}; the left side is to be {} the right side, within {limit}, and the difference is {difference}",
                left.shown.told(),
                right.shown.told(),
                relation.sign(),
            ),
            left: left.shown.clone(),
            right: right.shown.clone(),
            difference: difference.clone(),
            limit: limit.clone(),
        })
    }

    fn range(&self, range: Range, (area, period): &Target, group: &Group) -> Outcome {
        let side = self.reader(0, group).read(area, *period)?;
        let number = number_of(&side.value, &[&side])?;
        let (low, high) = (range.min.map(Exact::from), range.max.map(Exact::from));
        let judged = judge(&number, side.value.qualifier, low.as_ref(), high.as_ref());
        let above = high.as_ref().is_some_and(|high| number > *high);
        let (word, bound) = if above { ("max", range.max) } else { ("min", range.min) };
        let bound = bound.unwrap_or(Decimal::new(0, 0));
        ended(judged, &[&side], || Violation {
            message: format!(
                "{}; the {} that can be right is {bound}",
                side.shown.told(),
                if above { "greatest value" } else { "least value" },
            ),
            left: side.shown.clone(),
            right: RuleSide::number(word.to_owned(), bound.to_string()),
            difference: (&number - &Exact::from(bound)).to_short_string(DECIMALS),
            limit: "0".to_owned(),
        })
    }

    fn jump(
        &self,
        against: Against,
        most_percent: Decimal,
        direction: Direction,
        (area, period): &Target,
        group: &Group,
    ) -> Outcome {
        let reader = self.reader(0, group);
        let now = reader.read(area, *period)?;
        let (base, kind) = match against {
            Against::PreviousPeriod => (Some(period.offset(-1)), Base::PreviousPeriod),
            Against::SamePeriodLastYear => (period.a_year_before(), Base::SamePeriodLastYear),
        };
        let before = match base {
            Some(base) => reader
                .read(area, base)
                .map_err(|refused| not_comparable(refused.beside(&now)))?,
            None => {
                return Err(unchecked(
                    UncheckedReason::Missing,
                    &[&now],
                    "the calendar has no such period a year before",
                ));
            }
        };
        let (_, base_number) = both(&now, &before)?;
        let sides = [&now, &before];
        if !reader.compares(area, *period, kind, &now.value) {
            let why = "the two periods do not compare: boundaries or the definition changed between them";
            return Err(unchecked(UncheckedReason::NotComparable, &sides, why));
        }
        if !base_number.sign().is_gt() {
            let why = "there is no change in percent of a value that is not above 0";
            return Err(unchecked(UncheckedReason::BaseNotPositive, &sides, why));
        }
        let change = percent_change(&now.value, &before.value);
        let number = number_of(&change, &sides)?;
        let (most, least) = (Exact::from(most_percent), -&Exact::from(most_percent));
        let (low, high) = match direction {
            Direction::Up => (None, Some(&most)),
            Direction::Down => (Some(&least), None),
            Direction::Both => (Some(&least), Some(&most)),
        };
        let percent = number.to_short_string(RATIO_DECIMALS);
        ended(judge(&number, change.qualifier, low, high), &sides, || Violation {
            message: format!(
                "{} and {}: a change of {percent} %, of which {most_percent} % are in order",
                now.shown.told(),
                before.shown.told(),
            ),
            left: now.shown.clone(),
            right: before.shown.clone(),
            difference: percent.clone(),
            limit: most_percent.to_string(),
        })
    }

    fn outlier(&mut self, among: Among, threshold: Decimal, (area, period): &Target, group: &Group) -> Outcome {
        let side = self.reader(0, group).read(area, *period)?;
        let number = number_of(&side.value, &[&side])?;
        if side.value.qualifier != Qualifier::Exact {
            let why = "a bound is no value that could stand out";
            return Err(unchecked(UncheckedReason::Bounded, &[&side], why));
        }
        let sample = self.sample(among, area, *period, group, &side.value);
        let scored = modified_z_score(&number, &sample).filter(|_| sample.len() >= usize::from(LEAST_SAMPLE));
        let Some((median, score)) = scored else {
            let why = format!(
                "{} comparable values are there; at least {LEAST_SAMPLE} tell what is usual",
                sample.len()
            );
            return Err(unchecked(UncheckedReason::TooFewValues, &[&side], &why));
        };
        let (most, least) = (Exact::from(threshold), -&Exact::from(threshold));
        let judged = judge(&score, Qualifier::Exact, Some(&least), Some(&most));
        let (median, printed) = (median.to_short_string(DECIMALS), score.to_short_string(RATIO_DECIMALS));
        ended(judged, &[&side], || Violation {
            message: format!(
                "{}; the median of {} values is {median}: a modified z-score of {printed}, of which {threshold} is in order",
                side.shown.told(),
                sample.len(),
            ),
            left: side.shown.clone(),
            right: RuleSide::number(format!("median of {} values", sample.len()), median.clone()),
            difference: printed.clone(),
            limit: threshold.to_string(),
        })
    }
}

/// The change from one value to another in percent of the first, with what is known of both.
fn percent_change(now: &Value, before: &Value) -> Value {
    let hundred = || Value::number(Exact::from_integer(100));
    now.clone()
        .divide(before.clone())
        .multiply(hundred())
        .subtract(hundred())
}

fn ended(judged: Judged, sides: &[&Side], violation: impl FnOnce() -> Violation) -> Outcome {
    match judged {
        Judged::Within => Ok(None),
        Judged::Outside => Ok(Some(violation())),
        Judged::Unknown => {
            let why = "a bound or a rounded value does not decide";
            Err(unchecked(UncheckedReason::Bounded, sides, why))
        }
    }
}

/// The numbers of both sides.
fn both(left: &Side, right: &Side) -> Result<(Exact, Exact), Unchecked> {
    let sides = [left, right];
    Ok((number_of(&left.value, &sides)?, number_of(&right.value, &sides)?))
}

fn number_of(value: &Value, sides: &[&Side]) -> Result<Exact, Unchecked> {
    value.outcome.clone().map_err(|reason: MissingReason| {
        let nothing = sides.iter().all(|side| side.shown.missing().is_none());
        let why = if nothing {
            reason.to_string()
        } else {
            "a side is missing".to_owned()
        };
        unchecked(UncheckedReason::Missing, sides, &why)
    })
}

fn unchecked(reason: UncheckedReason, sides: &[&Side], why: &str) -> Unchecked {
    let told: Vec<String> = sides.iter().map(|side| side.shown.told()).collect();
    Unchecked {
        reason,
        message: format!("{}: {why}", told.join(" and ")),
        sides: sides.iter().map(|side| side.shown.clone()).collect(),
    }
}

/// An earlier period that could not be asked for because something changed in it does not compare.
fn not_comparable(unchecked: Unchecked) -> Unchecked {
    use RefusalReason::{BoundaryChange, LevelChange};
    match unchecked.reason {
        UncheckedReason::Refused(BoundaryChange | LevelChange) => Unchecked {
            reason: UncheckedReason::NotComparable,
            ..unchecked
        },
        _ => unchecked,
    }
}

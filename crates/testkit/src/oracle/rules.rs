//! Rule 34: each rule for each area, period and combination of codes, by the figures of the oracle.

use std::collections::BTreeSet;

use almanac_catalog::{
    Against, Among, DenominatorJoin, Direction, Formula, LEAST_SAMPLE, Operator, Range, Relation, Rule, RuleCheck,
    Tolerance,
};
use almanac_indicator::{Base, Checks, GroupKey, Question, RefusalReason, UncheckedReason};
use almanac_model::{ComparisonFlag, Decimal, Exact, FigureArea, MissingReason, Period, Qualifier};

use super::Oracle;
use super::checked::{Checked, Found, Judged, Outcome, Violated};
use super::figure::Asked;
use super::formula::Definition;
use super::measure::{Body, Measure};
use super::usual::{Verdict, median, score, size, verdict};
use super::value::Value;

/// Sides and their differences are printed with at most so many decimals.
const SIDE_DECIMALS: u8 = 12;
/// And percentages and scores with so many.
const RATIO_DECIMALS: u8 = 4;

/// A figure that is there to be judged: its number, and all that is known of it.
struct Side {
    value: Value,
    told: Judged,
}

/// In order, or what was found.
type Ended = Result<(), Outcome>;

impl Oracle<'_> {
    /// Makes all checks, in the order of rules, areas, periods and codes.
    #[must_use]
    pub fn check_rules(&self, checks: &Checks) -> Checked {
        let mut checked = Checked::default();
        for rule in &checks.rules {
            let measures: Vec<Measure> = self.sides_of(rule);
            let Some(question) = self.question_of(rule, checks) else {
                continue;
            };
            for (area, period) in &self.targets(&question) {
                for group in &self.groups(&measures[0], &question) {
                    let asked = |measure| Asked {
                        question: &question,
                        measure,
                        area,
                        period: *period,
                        group,
                    };
                    let sides: Vec<Asked<'_>> = measures.iter().map(asked).collect();
                    match (self.check(&rule.check, &sides), area) {
                        (Ok(()), _) => checked.in_order += 1,
                        (Err(outcome), FigureArea::One(area)) => checked.found.push(Found {
                            rule: rule.id.clone(),
                            area: area.clone(),
                            period: *period,
                            group: group.texts.clone(),
                            outcome,
                        }),
                        (Err(_), FigureArea::Sum(_)) => unreachable!("no sum is asked for"),
                    }
                }
            }
        }
        checked
    }

    /// The formulas of a rule as measures. One that is nothing but a measure of the catalogue is that one.
    fn sides_of(&self, rule: &Rule) -> Vec<Measure> {
        let formulas = rule.check.formulas().into_iter();
        let plain = |formula: &Formula| match formula {
            Formula::Reference(reference) if reference.filter.is_empty() => self.measure(&reference.measure),
            _ => None,
        };
        let written = |formula: &Formula| Measure {
            id: String::new(),
            body: Body::Formula(Definition {
                formula: formula.clone(),
                per: Decimal::new(1, 0),
                optional: BTreeSet::new(),
                denominator: DenominatorJoin::SamePeriod,
            }),
            unit: String::new(),
            decimals: 0,
            range: Range::default(),
        };
        formulas
            .map(|formula| plain(formula).unwrap_or_else(|| written(formula)))
            .collect()
    }

    /// The question for one side, of all areas and periods.
    fn question_of(&self, rule: &Rule, checks: &Checks) -> Option<Question> {
        let first = rule.check.formulas().first()?.references().first()?.measure.clone();
        let any_area = self.catalog.areas().next()?.id.clone();
        Some(Question {
            areas: checks.areas.clone(),
            periods: checks.periods.clone(),
            group_by: rule.group_by.iter().cloned().map(GroupKey::Dimension).collect(),
            ..Question::one(first, any_area, *checks.periods.first()?)
        })
    }

    fn check(&self, check: &RuleCheck, sides: &[Asked<'_>]) -> Ended {
        match (check, sides) {
            (
                RuleCheck::Identity {
                    relation, tolerance, ..
                },
                [left, right],
            ) => self.check_identity((left, right), *relation, *tolerance),
            (RuleCheck::Range { range, .. }, [asked]) => self.check_range(asked, *range),
            (
                RuleCheck::Jump {
                    against,
                    most_percent,
                    direction,
                    ..
                },
                [asked],
            ) => self.check_jump(asked, *against, (*most_percent, *direction)),
            (RuleCheck::Outlier { among, threshold, .. }, [asked]) => self.check_outlier(asked, *among, *threshold),
            _ => unreachable!("an identity has two formulas, and everything else one"),
        }
    }

    fn check_identity(
        &self,
        (left, right): (&Asked<'_>, &Asked<'_>),
        relation: Relation,
        tolerance: Tolerance,
    ) -> Ended {
        let left = self.side(left, &[])?;
        let right = self.side(right, &[&left])?;
        let right_number = all_numbers(&[&left, &right])?[1].clone();
        let allowed = match tolerance {
            Tolerance::Absolute(most) => Exact::from(most),
            Tolerance::Percent(percent) => percent_of(percent, &size(&right_number)),
        };
        let difference = Value::combine(Operator::Subtract, &left.value, &right.value);
        let number = number_of(&difference);
        let least = -&allowed;
        let limits = match relation {
            Relation::Equal => (Some(&least), Some(&allowed)),
            Relation::AtMost => (None, Some(&allowed)),
            Relation::AtLeast => (Some(&least), None),
        };
        // what is allowed is not known when it is a part of a bound
        let is_limit_known = matches!(tolerance, Tolerance::Absolute(_)) || right.value.qualifier == Qualifier::Exact;
        let qualifier = if is_limit_known {
            difference.qualifier
        } else {
            Qualifier::About
        };
        ended(verdict(&number, qualifier, limits), &[&left, &right], || Violated {
            left: left.told.clone(),
            right: right.told.clone(),
            difference: number.to_short_string(SIDE_DECIMALS),
            limit: allowed.to_short_string(SIDE_DECIMALS),
        })
    }

    fn check_range(&self, asked: &Asked<'_>, range: Range) -> Ended {
        let side = self.side(asked, &[])?;
        let number = &all_numbers(&[&side])?[0];
        let (least, most) = (range.min.map(Exact::from), range.max.map(Exact::from));
        let judged = verdict(number, side.value.qualifier, (least.as_ref(), most.as_ref()));
        ended(judged, &[&side], || {
            let exceeded = range.max.filter(|max| *number > Exact::from(*max));
            let Some(bound) = exceeded.or(range.min) else {
                unreachable!("what is outside is beyond a bound")
            };
            Violated {
                left: side.told.clone(),
                right: bound.to_string().into(),
                difference: (number - &Exact::from(bound)).to_short_string(SIDE_DECIMALS),
                limit: "0".to_owned(),
            }
        })
    }

    fn check_jump(
        &self,
        asked: &Asked<'_>,
        against: Against,
        (most_percent, direction): (Decimal, Direction),
    ) -> Ended {
        let now = self.side(asked, &[])?;
        let (base, kind) = match against {
            Against::PreviousPeriod => (Some(asked.period.offset(-1)), Base::PreviousPeriod),
            Against::SamePeriodLastYear => (self.last_year(asked.period), Base::SamePeriodLastYear),
        };
        let base = base.ok_or_else(|| unknown(UncheckedReason::Missing, &[&now]))?;
        let before = self.side(&asked.at(base), &[&now]).map_err(changed_between)?;
        let base_number = all_numbers(&[&now, &before])?[1].clone();
        if !self.stands_against(asked, &now.value, kind) {
            return Err(unknown(UncheckedReason::NotComparable, &[&now, &before]));
        }
        if base_number <= Exact::from_integer(0) {
            return Err(unknown(UncheckedReason::BaseNotPositive, &[&now, &before]));
        }
        let hundred = Value::number(Exact::from_integer(100));
        let ratio = Value::combine(Operator::Divide, &now.value, &before.value);
        let percent = Value::combine(Operator::Multiply, &ratio, &hundred);
        let change = Value::combine(Operator::Subtract, &percent, &hundred);
        let number = number_of(&change);
        let (most, least) = (Exact::from(most_percent), -&Exact::from(most_percent));
        let limits = match direction {
            Direction::Up => (None, Some(&most)),
            Direction::Down => (Some(&least), None),
            Direction::Both => (Some(&least), Some(&most)),
        };
        ended(verdict(&number, change.qualifier, limits), &[&now, &before], || {
            Violated {
                left: now.told.clone(),
                right: before.told.clone(),
                difference: number.to_short_string(RATIO_DECIMALS),
                limit: most_percent.to_string(),
            }
        })
    }

    fn check_outlier(&self, asked: &Asked<'_>, among: Among, threshold: Decimal) -> Ended {
        let side = self.side(asked, &[])?;
        let number = &all_numbers(&[&side])?[0];
        if side.value.qualifier != Qualifier::Exact {
            return Err(unknown(UncheckedReason::Bounded, &[&side]));
        }
        let sample = match among {
            Among::Areas => self.of_all_areas(asked),
            Among::Periods(periods) => self.of_periods(asked, &side.value, periods),
        };
        if sample.len() < usize::from(LEAST_SAMPLE) {
            return Err(unknown(UncheckedReason::TooFewValues, &[&side]));
        }
        let score = score(number, &sample);
        let (most, least) = (Exact::from(threshold), -&Exact::from(threshold));
        let judged = verdict(&score, Qualifier::Exact, (Some(&least), Some(&most)));
        ended(judged, &[&side], || Violated {
            left: side.told.clone(),
            right: median(&sample).to_short_string(SIDE_DECIMALS).into(),
            difference: score.to_short_string(RATIO_DECIMALS),
            limit: threshold.to_string(),
        })
    }

    /// The numbers of all areas of the same level at the end of the period.
    fn of_all_areas(&self, asked: &Asked<'_>) -> Vec<Exact> {
        let mut numbers = Vec::new();
        let level = |id: &str| self.catalog.area(id).map(|area| &area.level);
        for area in self.catalog.areas() {
            let own = asked.area.areas().first().and_then(|own| level(own.as_str()));
            if own == Some(&area.level) && area.is_valid_at(asked.period.last_day()) {
                let area = FigureArea::One(area.id.clone());
                numbers.extend(self.exact_number(&Asked {
                    area: &area,
                    ..asked.clone()
                }));
            }
        }
        numbers
    }

    /// The numbers of so many periods, up to the one that is judged: of those that it stands against.
    fn of_periods(&self, asked: &Asked<'_>, value: &Value, periods: u32) -> Vec<Exact> {
        let mut numbers: Vec<Exact> = value.outcome.clone().into_iter().collect();
        for places in 1..i32::try_from(periods).unwrap_or(i32::MAX) {
            let earlier = asked.period.offset(-places);
            if self.stands_against(asked, value, Base::Period(earlier)) {
                numbers.extend(self.exact_number(&asked.at(earlier)));
            }
        }
        numbers
    }

    /// The number of a figure that may be asked for, unless it is a bound.
    fn exact_number(&self, asked: &Asked<'_>) -> Option<Exact> {
        let side = self.side(asked, &[]).ok()?;
        side.value
            .outcome
            .ok()
            .filter(|_| side.value.qualifier == Qualifier::Exact)
    }

    /// Whether what changed between two periods leaves them comparable.
    fn stands_against(&self, asked: &Asked<'_>, value: &Value, base: Base) -> bool {
        let comparison = self.comparison(&base.into(), asked, value);
        !comparison.flags.contains(&ComparisonFlag::NotComparable)
    }

    /// A figure, beside others that are there. Each reason why it cannot be asked for is one.
    fn side(&self, asked: &Asked<'_>, beside: &[&Side]) -> Result<Side, Outcome> {
        let refusals = self.all_refusals(asked);
        if !refusals.is_empty() {
            return Err(Outcome::Unknown {
                reasons: refusals.into_iter().map(UncheckedReason::Refused).collect(),
                sides: beside.iter().map(|side| side.told.clone()).collect(),
            });
        }
        let value = self.figure_value(asked).value;
        Ok(Side {
            told: told(&value, asked.period),
            value,
        })
    }
}

fn told(value: &Value, period: Period) -> Judged {
    let number = value.outcome.as_ref();
    Judged {
        period: Some(period),
        value: number
            .map(|number| number.to_short_string(SIDE_DECIMALS))
            .map_err(|reason| *reason),
        quality: value.quality,
        qualifier: value.qualifier,
        flags: value.flags.clone(),
    }
}

fn unknown(reason: UncheckedReason, sides: &[&Side]) -> Outcome {
    Outcome::Unknown {
        reasons: vec![reason],
        sides: sides.iter().map(|side| side.told.clone()).collect(),
    }
}

fn ended(verdict: Verdict, sides: &[&Side], violated: impl FnOnce() -> Violated) -> Ended {
    match verdict {
        Verdict::Within => Ok(()),
        Verdict::Outside => Err(Outcome::Violated(Box::new(violated()))),
        Verdict::Unknown => Err(unknown(UncheckedReason::Bounded, sides)),
    }
}

/// The numbers of all sides, when each is one.
fn all_numbers(sides: &[&Side]) -> Result<Vec<Exact>, Outcome> {
    let numbers: Result<Vec<Exact>, MissingReason> = sides.iter().map(|side| side.value.outcome.clone()).collect();
    numbers.map_err(|_| unknown(UncheckedReason::Missing, sides))
}

/// The number of what was computed from numbers.
fn number_of(value: &Value) -> Exact {
    let Ok(number) = &value.outcome else {
        unreachable!("nothing is divided by zero")
    };
    number.clone()
}

fn percent_of(percent: Decimal, number: &Exact) -> Exact {
    let hundredths = Exact::from(Decimal::new(1, 2));
    &(&Exact::from(percent) * &hundredths) * number
}

/// An earlier period that cannot be asked for since something changed within it does not compare.
fn changed_between(outcome: Outcome) -> Outcome {
    let of_change = |reason: UncheckedReason| match reason {
        UncheckedReason::Refused(RefusalReason::BoundaryChange | RefusalReason::LevelChange) => {
            UncheckedReason::NotComparable
        }
        other => other,
    };
    match outcome {
        Outcome::Unknown { reasons, sides } => Outcome::Unknown {
            reasons: reasons.into_iter().map(of_change).collect(),
            sides,
        },
        violated @ Outcome::Violated(_) => violated,
    }
}

//! A value on its way to a figure, and what arithmetic does to all that is known about it.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use almanac_catalog::Operator;
use almanac_model::{Exact, FigureFlag, MissingReason, Qualifier, Quality};
use jiff::civil::Date;

use super::boundaries::Share;
use super::expected::Reading;
use super::records::Place;

/// A number or the reason why there is none, with everything that follows it into the figure.
#[derive(Clone, Debug)]
pub(super) struct Value {
    pub(super) outcome: Result<Exact, MissingReason>,
    /// There is a number, and it is missing only since a secret could be derived from it.
    pub(super) is_withheld: bool,
    /// A missing value is not bounded: exact.
    pub(super) qualifier: Qualifier,
    /// The weakest of the inputs; `None` when there was none.
    pub(super) quality: Option<Quality>,
    pub(super) flags: BTreeSet<FigureFlag>,
    /// The earliest day from which a value was carried forward.
    pub(super) carried_from: Option<Date>,
    /// Which metrics were read, for the coverage.
    pub(super) readings: Vec<Reading>,
    /// Which recorded numbers it rests on.
    pub(super) numbers: Vec<Place>,
}

impl Value {
    pub(super) fn number(number: Exact) -> Self {
        Self::new(Ok(number))
    }

    pub(super) fn missing(reason: MissingReason) -> Self {
        Self::new(Err(reason))
    }

    fn new(outcome: Result<Exact, MissingReason>) -> Self {
        Self {
            outcome,
            is_withheld: false,
            qualifier: Qualifier::Exact,
            quality: None,
            flags: BTreeSet::new(),
            carried_from: None,
            readings: Vec::new(),
            numbers: Vec::new(),
        }
    }

    /// Takes over what a result inherits from an input whatever is done with the two.
    pub(super) fn inherit(&mut self, input: &Self) {
        self.quality = [self.quality, input.quality].into_iter().flatten().min();
        self.flags.extend(&input.flags);
        self.carried_from = [self.carried_from, input.carried_from].into_iter().flatten().min();
        self.readings.extend(input.readings.iter().cloned());
        self.numbers.extend(input.numbers.iter().cloned());
    }

    /// The value with its sign turned: what was at least so much is now at most so much.
    pub(super) fn negated(mut self) -> Self {
        self.outcome = self.outcome.map(|number| -&number);
        self.qualifier = self.qualifier.reversed();
        self
    }

    /// Whether there is no number. One that is withheld is there, and nothing else is decided otherwise for it.
    pub(super) fn is_lacking(&self) -> bool {
        self.outcome.is_err() && !self.is_withheld
    }

    /// The number is not told.
    pub(super) fn withhold(&mut self) {
        self.outcome = Err(MissingReason::Suppressed);
        self.is_withheld = true;
        self.qualifier = Qualifier::Exact;
    }

    /// Zero in the place of a number that is not there.
    pub(super) fn or_zero(mut self) -> Self {
        if self.is_withheld {
            return self;
        }
        self.outcome = self.outcome.or_else(|_| Ok(Exact::from_integer(0)));
        self
    }

    /// The part of it that belongs to a territory: by weight it is an estimate; without one it cannot be told, unless there
    /// is nothing to divide.
    pub(super) fn part(mut self, share: &Share) -> Self {
        match share {
            Share::All => {}
            Share::Part(weight) => {
                self.outcome = self.outcome.map(|number| &number * weight);
                self.quality = self.quality.map(|_| Quality::Estimated);
            }
            Share::Unknown | Share::Nothing => {
                let nothing_to_divide = [Err(MissingReason::NoRecord), Err(MissingReason::CannotExist)];
                if !nothing_to_divide.contains(&self.outcome) {
                    self.outcome = Err(MissingReason::NotRestatable);
                    self.qualifier = Qualifier::Exact;
                }
            }
        }
        self
    }

    /// The operation on two values. A missing side makes the result missing: with the reason of the left one if both lack a
    /// number, and without regard to a secret on the other side. Through zero nothing is divided, whatever it is.
    pub(super) fn combine(operator: Operator, left: &Self, right: &Self) -> Self {
        let through_zero = operator == Operator::Divide && right.outcome == Ok(Exact::from_integer(0));
        let lacking = [left, right].into_iter().find(|side| side.is_lacking());
        let result = match (&left.outcome, &right.outcome) {
            (Ok(one), Ok(two)) => compute(operator, (one, left.qualifier), (two, right.qualifier)),
            (Err(reason), _) | (_, Err(reason)) => match lacking.and_then(|side| side.outcome.as_ref().err()) {
                Some(lacking) => Err(*lacking),
                None if through_zero => Err(MissingReason::DenominatorZero),
                None => Err(*reason),
            },
        };
        let mut value = Self::new(
            result
                .as_ref()
                .map(|(number, _)| number.clone())
                .map_err(|reason| *reason),
        );
        value.qualifier = result.map_or(Qualifier::Exact, |(_, qualifier)| qualifier);
        value.is_withheld = (left.is_withheld || right.is_withheld) && lacking.is_none() && !through_zero;
        value.inherit(left);
        value.inherit(right);
        value
    }
}

/// A number with its bound.
type Bounded<'a> = (&'a Exact, Qualifier);

fn compute(operator: Operator, left: Bounded<'_>, right: Bounded<'_>) -> Result<(Exact, Qualifier), MissingReason> {
    let (one, two) = (left.0, right.0);
    match operator {
        Operator::Add => Ok((one + two, left.1.plus(right.1))),
        Operator::Subtract => Ok((one - two, left.1.plus(right.1.reversed()))),
        Operator::Multiply => Ok((one * two, bound_of_product(left, right))),
        Operator::Divide => {
            let quotient = one.checked_div(two).ok_or(MissingReason::DenominatorZero)?;
            // a reciprocal has the sign of its number and the opposite bound
            Ok((quotient, bound_of_product(left, (two, right.1.reversed()))))
        }
    }
}

/// What is known of a product: times an exact number, a bound stays or turns with that number's sign, and is gone when
/// it is zero. Two bounds of one kind hold for positive numbers. Of anything else little is known.
fn bound_of_product(left: Bounded<'_>, right: Bounded<'_>) -> Qualifier {
    let times_exact = |factor: &Exact, bound: Qualifier| match factor.sign() {
        Ordering::Less => bound.reversed(),
        Ordering::Equal => Qualifier::Exact,
        Ordering::Greater => bound,
    };
    let both_positive = left.0.sign() == Ordering::Greater && right.0.sign() == Ordering::Greater;
    if left.1 == Qualifier::Exact {
        times_exact(left.0, right.1)
    } else if right.1 == Qualifier::Exact {
        times_exact(right.0, left.1)
    } else if left.1 == right.1 && both_positive {
        left.1
    } else {
        Qualifier::About
    }
}

//! A value on its way to a figure, and what arithmetic does to all that is known about it.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use almanac_catalog::Share;
use almanac_model::{Exact, FigureFlag, MissingReason, Qualifier, Quality};
use jiff::civil::Date;

/// An exact number or the reason why there is none, with quality, bound and flags.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Value {
    pub(crate) outcome: Result<Exact, MissingReason>,
    pub(crate) qualifier: Qualifier,
    pub(crate) lineage: Lineage,
}

/// What a result inherits from its inputs whatever the operation.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Lineage {
    /// The weakest quality; `None` when nothing was recorded.
    pub(crate) quality: Option<Quality>,
    pub(crate) flags: BTreeSet<FigureFlag>,
    /// The earliest day from which a value was carried forward.
    pub(crate) carried_from: Option<Date>,
    /// There is a number, and it is missing only because a confidential one could be derived from it.
    pub(crate) withheld: bool,
}

impl Lineage {
    pub(crate) fn merge(&mut self, other: &Self) {
        self.quality = weakest(self.quality, other.quality);
        self.flags.extend(&other.flags);
        self.carried_from = earliest(self.carried_from, other.carried_from);
        self.withheld |= other.withheld;
    }
}

pub(crate) fn weakest(one: Option<Quality>, other: Option<Quality>) -> Option<Quality> {
    one.into_iter().chain(other).min()
}

pub(crate) fn earliest(one: Option<Date>, other: Option<Date>) -> Option<Date> {
    one.into_iter().chain(other).min()
}

impl Value {
    pub(crate) fn number(number: Exact) -> Self {
        Self {
            outcome: Ok(number),
            qualifier: Qualifier::Exact,
            lineage: Lineage::default(),
        }
    }

    pub(crate) fn missing(reason: MissingReason) -> Self {
        Self {
            outcome: Err(reason),
            qualifier: Qualifier::Exact,
            lineage: Lineage::default(),
        }
    }

    pub(crate) fn is_missing(&self) -> bool {
        self.outcome.is_err()
    }

    /// Whether its number is a bound, or about.
    pub(crate) fn is_bounded(&self) -> bool {
        !self.is_missing() && self.qualifier != Qualifier::Exact
    }

    /// Whether there is no number at all; one that is only withheld is there. What areas and periods a figure rests on is
    /// decided by this, so that keeping a number secret changes no other figure.
    pub(crate) fn is_lacking(&self) -> bool {
        self.is_missing() && !self.lineage.withheld
    }

    /// Takes the number away, since a confidential one could be derived from it.
    pub(crate) fn withhold(&mut self) {
        self.outcome = Err(MissingReason::Suppressed);
        self.qualifier = Qualifier::Exact;
        self.lineage.withheld = true;
    }

    pub(crate) fn negate(mut self) -> Self {
        self.outcome = self.outcome.map(|number| -&number);
        self.qualifier = self.qualifier.reversed();
        self
    }

    /// The value, or zero when it is lacking: for terms that an indicator declares optional. A withheld one is not nothing.
    pub(crate) fn or_zero(self) -> Self {
        if self.lineage.withheld {
            return self;
        }
        let number = self.outcome.unwrap_or_else(|_| Exact::from_integer(0));
        Self {
            outcome: Ok(number),
            ..self
        }
    }

    /// The part of it that belongs to another area. A weighted part is an estimate; a part of unknown size is missing.
    pub(crate) fn share(mut self, share: &Share) -> Self {
        match share {
            Share::All => {}
            Share::Part(weight) => {
                self.outcome = self.outcome.map(|number| &number * weight);
                self.lineage.quality = self.lineage.quality.map(|_| Quality::Estimated);
            }
            Share::Unknown | Share::Nothing => {
                if !matches!(self.outcome, Err(MissingReason::NoRecord | MissingReason::CannotExist)) {
                    self.outcome = Err(MissingReason::NotRestatable);
                    self.qualifier = Qualifier::Exact;
                }
            }
        }
        self
    }

    pub(crate) fn add(self, other: Self) -> Self {
        let qualifier = self.qualifier.plus(other.qualifier);
        self.combine(other, |left, right| Ok((left + right, qualifier)))
    }

    pub(crate) fn subtract(self, other: Self) -> Self {
        self.add(other.negate())
    }

    pub(crate) fn multiply(self, other: Self) -> Self {
        let (left_bound, right_bound) = (self.qualifier, other.qualifier);
        self.combine(other, |left, right| {
            Ok((left * right, product_bound((left, left_bound), (right, right_bound))))
        })
    }

    pub(crate) fn divide(self, divisor: Self) -> Self {
        let (left_bound, right_bound) = (self.qualifier, divisor.qualifier.reversed());
        // there is no quotient whatever a withheld number is
        if !self.is_lacking() && divisor.outcome.as_ref().is_ok_and(|number| number.sign().is_eq()) {
            let nothing = Self::missing(MissingReason::DenominatorZero);
            let mut lineage = self.lineage;
            lineage.merge(&divisor.lineage);
            lineage.withheld = false;
            return Self { lineage, ..nothing };
        }
        self.combine(divisor, |left, right| {
            let quotient = left.checked_div(right).ok_or(MissingReason::DenominatorZero)?;
            Ok((quotient, product_bound((left, left_bound), (right, right_bound))))
        })
    }

    /// A missing side makes the result missing, with the reason of the first that lacks a number: one that is only withheld is
    /// there.
    fn combine(
        self,
        other: Self,
        operation: impl FnOnce(&Exact, &Exact) -> Result<(Exact, Qualifier), MissingReason>,
    ) -> Self {
        let (left_lacks, right_lacks) = (self.is_lacking(), other.is_lacking());
        let mut lineage = self.lineage;
        lineage.merge(&other.lineage);
        lineage.withheld &= !left_lacks && !right_lacks;
        let result = match (self.outcome, other.outcome) {
            (Ok(left), Ok(right)) => operation(&left, &right),
            (Err(_), Err(reason)) if right_lacks && !left_lacks => Err(reason),
            (Err(reason), _) | (_, Err(reason)) => Err(reason),
        };
        match result {
            Ok((number, qualifier)) => Self {
                outcome: Ok(number),
                qualifier,
                lineage,
            },
            Err(reason) => Self {
                outcome: Err(reason),
                qualifier: Qualifier::Exact,
                lineage,
            },
        }
    }
}

/// The bound of a product: an exact factor keeps or turns the other's bound by its sign; two bounds of one kind hold
/// when both factors are positive; otherwise nothing more than "about" is known.
fn product_bound(left: (&Exact, Qualifier), right: (&Exact, Qualifier)) -> Qualifier {
    let turned = |factor: &Exact, bound: Qualifier| match factor.sign() {
        Ordering::Greater => bound,
        Ordering::Equal => Qualifier::Exact,
        Ordering::Less => bound.reversed(),
    };
    match (left.1, right.1) {
        (Qualifier::Exact, bound) => turned(left.0, bound),
        (bound, Qualifier::Exact) => turned(right.0, bound),
        (one, other) if one == other && left.0.sign().is_gt() && right.0.sign().is_gt() => one,
        _ => Qualifier::About,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounded(number: i128, qualifier: Qualifier) -> Value {
        Value {
            qualifier,
            ..Value::number(Exact::from_integer(number))
        }
    }

    #[test]
    fn rule_22_division_by_zero_is_missing_with_a_reason() {
        let quotient = Value::number(Exact::from_integer(1)).divide(Value::number(Exact::from_integer(0)));
        assert_eq!(quotient.outcome, Err(MissingReason::DenominatorZero));
    }

    #[test]
    fn rule_23_a_bound_survives_arithmetic_and_turns_with_the_sign() {
        use Qualifier::{About, AtLeast, AtMost, Exact};
        let bound = |value: Value| value.qualifier;
        assert_eq!(bound(bounded(90, AtLeast).add(bounded(1, Exact))), AtLeast);
        assert_eq!(bound(bounded(90, Exact).subtract(bounded(1, AtLeast))), AtMost);
        assert_eq!(bound(bounded(90, AtLeast).divide(bounded(17, Exact))), AtLeast);
        assert_eq!(bound(bounded(90, Exact).divide(bounded(17, AtLeast))), AtMost);
        assert_eq!(bound(bounded(90, AtLeast).multiply(bounded(-1, Exact))), AtMost);
        assert_eq!(bound(bounded(90, AtLeast).divide(bounded(17, AtLeast))), About);
        assert_eq!(bound(bounded(90, AtLeast).divide(bounded(17, AtMost))), AtLeast);
    }

    #[test]
    fn rule_20_a_withheld_number_never_becomes_zero_and_is_not_lacking() {
        let withheld = || {
            let mut value = Value::number(Exact::from_integer(7));
            value.withhold();
            value
        };
        let one = || Value::number(Exact::from_integer(1));
        assert_eq!(withheld().or_zero().outcome, Err(MissingReason::Suppressed));
        let sum = one().add(withheld());
        assert_eq!(
            (&sum.outcome, sum.is_lacking()),
            (&Err(MissingReason::Suppressed), false)
        );
        // beside what is lacking it would be lacking without any secret as well
        let lacking = withheld().add(Value::missing(MissingReason::NoRecord));
        assert!(lacking.is_lacking());
        assert_eq!(lacking.or_zero().outcome, Ok(Exact::from_integer(0)));
    }

    #[test]
    fn rule_21_a_missing_side_makes_the_result_missing_unless_optional() {
        let missing = || Value::missing(MissingReason::NotCollected);
        let one = || Value::number(Exact::from_integer(1));
        assert_eq!(one().add(missing()).outcome, Err(MissingReason::NotCollected));
        assert_eq!(one().add(missing().or_zero()).outcome, Ok(Exact::from_integer(1)));
    }
}

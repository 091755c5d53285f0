//! Whether a number lies within limits, when it may be only a bound.

use almanac_model::{Exact, Qualifier};

/// Within limits, outside, or not known.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Judged {
    Within,
    Outside,
    Unknown,
}

/// A lower bound above the upper limit is outside whatever the number is; below it says nothing; and the other way round.
pub(super) fn judge(number: &Exact, qualifier: Qualifier, low: Option<&Exact>, high: Option<&Exact>) -> Judged {
    let above = high.is_some_and(|high| number > high);
    let below = low.is_some_and(|low| number < low);
    match qualifier {
        Qualifier::Exact if above || below => Judged::Outside,
        Qualifier::Exact => Judged::Within,
        Qualifier::AtLeast if above => Judged::Outside,
        Qualifier::AtMost if below => Judged::Outside,
        Qualifier::AtLeast if high.is_none() && !below => Judged::Within,
        Qualifier::AtMost if low.is_none() && !above => Judged::Within,
        Qualifier::AtLeast | Qualifier::AtMost | Qualifier::About => Judged::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_34_a_bound_is_judged_only_where_it_decides() {
        let number = |number| Exact::from_integer(number);
        let (zero, ten) = (number(0), number(10));
        for (value, qualifier, low, high, expected) in [
            (11, Qualifier::Exact, None, Some(&ten), Judged::Outside),
            (10, Qualifier::Exact, Some(&zero), Some(&ten), Judged::Within),
            (11, Qualifier::AtLeast, Some(&zero), Some(&ten), Judged::Outside),
            (9, Qualifier::AtLeast, Some(&zero), Some(&ten), Judged::Unknown),
            (1, Qualifier::AtLeast, Some(&zero), None, Judged::Within),
            (-1, Qualifier::AtLeast, Some(&zero), None, Judged::Unknown),
            (-1, Qualifier::AtMost, Some(&zero), Some(&ten), Judged::Outside),
            (9, Qualifier::AtMost, None, Some(&ten), Judged::Within),
            (11, Qualifier::AtMost, None, Some(&ten), Judged::Unknown),
            (99, Qualifier::About, None, Some(&ten), Judged::Unknown),
        ] {
            assert_eq!(
                judge(&number(value), qualifier, low, high),
                expected,
                "{value} {qualifier:?}"
            );
        }
    }
}

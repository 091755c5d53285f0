//! Rule 34: whether a number lies within limits, and how far it is from what is usual.

use almanac_model::{Decimal, Exact, Qualifier};

/// What is known of a number that may be only a bound.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Verdict {
    Within,
    Outside,
    Unknown,
}

/// Whether the true number lies within limits, wherever it may be.
pub(super) fn verdict(
    number: &Exact,
    qualifier: Qualifier,
    (least, most): (Option<&Exact>, Option<&Exact>),
) -> Verdict {
    let lower_end = matches!(qualifier, Qualifier::Exact | Qualifier::AtLeast).then_some(number);
    let upper_end = matches!(qualifier, Qualifier::Exact | Qualifier::AtMost).then_some(number);
    let all_above_least = least.is_none_or(|least| lower_end.is_some_and(|end| end >= least));
    let all_below_most = most.is_none_or(|most| upper_end.is_some_and(|end| end <= most));
    let all_below_least = least.is_some_and(|least| upper_end.is_some_and(|end| end < least));
    let all_above_most = most.is_some_and(|most| lower_end.is_some_and(|end| end > most));
    if all_above_least && all_below_most {
        Verdict::Within
    } else if all_below_least || all_above_most {
        Verdict::Outside
    } else {
        Verdict::Unknown
    }
}

/// The number without its sign.
pub(super) fn size(number: &Exact) -> Exact {
    let zero = Exact::from_integer(0);
    if *number < zero { &zero - number } else { number.clone() }
}

/// The number in the middle of some, or half way between the two in the middle; zero of none.
pub(super) fn median(numbers: &[Exact]) -> Exact {
    let mut sorted = numbers.to_vec();
    sorted.sort();
    let from_below = sorted.get(sorted.len().saturating_sub(1) / 2);
    let from_above = sorted.get(sorted.len() / 2);
    let both = from_below.zip(from_above).map(|(one, other)| one + other);
    let half = both.and_then(|both| both.checked_div(&Exact::from_integer(2)));
    half.unwrap_or_else(|| Exact::from_integer(0))
}

/// The modified z-score of Iglewicz and Hoaglin: by the median of the distances from the median; where that is zero by their
/// mean; and zero where that is zero too.
pub(super) fn score(number: &Exact, numbers: &[Exact]) -> Exact {
    let middle = median(numbers);
    let distances: Vec<Exact> = numbers.iter().map(|one| size(&(one - &middle))).collect();
    let sum = distances.iter().fold(Exact::from_integer(0), |sum, one| &sum + one);
    let count = Exact::from_integer(i128::try_from(numbers.len()).unwrap_or(i128::MAX));
    let distance = number - &middle;
    let by_median = (&distance * &Exact::from(Decimal::new(6_745, 4))).checked_div(&median(&distances));
    // (x - m) / (1.253314 * sum / n)
    let by_mean = || (&distance * &count).checked_div(&(&sum * &Exact::from(Decimal::new(1_253_314, 6))));
    by_median.or_else(by_mean).unwrap_or_else(|| Exact::from_integer(0))
}

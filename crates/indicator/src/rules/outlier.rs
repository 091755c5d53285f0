//! The modified z-score of Iglewicz and Hoaglin ("How to detect and handle outliers", ASQC Quality Press 1993, section 3.3):
//! `0.6745 * (x - median) / MAD`, MAD being the median of the absolute deviations from the median.
//!
//! Where MAD is zero, because half of the values or more are the same, the mean of the absolute deviations stands in for it, as
//! IBM's statistics do ("Modified z score", IBM Cognos Analytics): `(x - median) / (1.253314 * MeanAD)`. When that is zero too,
//! all values are the same and none stands out. All of it is computed exactly.

use almanac_model::{Decimal, Exact};

const TO_STANDARD_DEVIATION: Decimal = Decimal::new(6_745, 4);
const FROM_MEAN_DEVIATION: Decimal = Decimal::new(1_253_314, 6);

/// The median and the modified z-score of a value among some; `None` without any.
pub(super) fn modified_z_score(value: &Exact, among: &[Exact]) -> Option<(Exact, Exact)> {
    let median = median(among.to_vec())?;
    let deviations: Vec<Exact> = among.iter().map(|one| absolute(&(one - &median))).collect();
    let distance = value - &median;
    let mean = mean(&deviations)?;
    let score = (&Exact::from(TO_STANDARD_DEVIATION) * &distance)
        .checked_div(&self::median(deviations)?)
        .or_else(|| distance.checked_div(&(&Exact::from(FROM_MEAN_DEVIATION) * &mean)))
        .unwrap_or_else(|| Exact::from_integer(0));
    Some((median, score))
}

pub(super) fn absolute(number: &Exact) -> Exact {
    if number.sign().is_lt() { -number } else { number.clone() }
}

fn median(mut numbers: Vec<Exact>) -> Option<Exact> {
    numbers.sort();
    let middle = numbers.len() / 2;
    let upper = numbers.get(middle)?;
    if numbers.len() % 2 == 1 {
        return Some(upper.clone());
    }
    (numbers.get(middle.checked_sub(1)?)? + upper).checked_div(&Exact::from_integer(2))
}

fn mean(numbers: &[Exact]) -> Option<Exact> {
    let sum = numbers.iter().fold(Exact::from_integer(0), |sum, number| &sum + number);
    sum.checked_div(&Exact::from_integer(i128::try_from(numbers.len()).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(value: i128, among: &[i128]) -> String {
        let among: Vec<Exact> = among.iter().copied().map(Exact::from_integer).collect();
        let (_, score) = modified_z_score(&Exact::from_integer(value), &among).unwrap();
        score.to_decimal_string(4)
    }

    #[test]
    fn rule_34_the_modified_z_score_is_that_of_the_book() {
        // median 11, deviations 1 0 1 2 89: MAD 1, 0.6745 * 89 / 1
        assert_eq!(score(100, &[10, 11, 12, 13, 100]), "59.3560");
        // median 12: deviations 2 1 0 1 88, MAD 1
        assert_eq!(score(10, &[10, 11, 12, 13, 100]), "-1.3490");
        // an even number of values: median 11.5, deviations 1.5 0.5 0.5 88.5, MAD 1: 59.69325, half to even
        assert_eq!(score(100, &[10, 11, 12, 100]), "59.6932");
    }

    #[test]
    fn rule_34_where_most_values_are_the_same_the_mean_deviation_stands_in() {
        // median 10, MAD 0, mean deviation 90 / 6 = 15: 90 / (1.253314 * 15)
        assert_eq!(score(100, &[10, 10, 10, 10, 10, 100]), "4.7873");
        assert_eq!(score(10, &[10, 10, 10, 10, 10, 100]), "0.0000");
        assert_eq!(score(10, &[10, 10, 10]), "0.0000");
    }
}

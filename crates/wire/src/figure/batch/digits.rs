//! Printed numbers as whole units of their last decimal, and back to the same text.

/// The most decimals of a number in a column: more do not fit next to a digit before the point.
pub(super) const MOST_DECIMALS: u32 = 18;

/// A number in units of its last decimal, and how many decimals it has: "119.09" is 11909 with two. `None` when the number
/// does not fit, or when the text is not what [`printed`] makes of it.
pub(super) fn units(text: &str) -> Option<(i64, u32)> {
    let magnitude = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = match magnitude.split_once('.') {
        Some((_, "")) => return None,
        Some((whole, fraction)) => (whole, fraction),
        None => (magnitude, ""),
    };
    let is_plain = whole == "0" || !(whole.is_empty() || whole.starts_with('0'));
    let decimals = u32::try_from(fraction.len()).ok()?;
    if !is_plain || decimals > MOST_DECIMALS {
        return None;
    }
    let digits = whole.bytes().chain(fraction.bytes());
    let units = digits.into_iter().try_fold(0_i64, |units, digit| {
        let digit = digit.is_ascii_digit().then(|| i64::from(digit - b'0'))?;
        units.checked_mul(10)?.checked_add(digit)
    })?;
    match (text.len() > magnitude.len(), units) {
        // a zero has no sign
        (true, 0) => None,
        (true, _) => Some((-units, decimals)),
        (false, _) => Some((units, decimals)),
    }
}

/// The text of a number in units of its last decimal.
pub(super) fn printed(units: i64, decimals: u32) -> String {
    let sign = if units < 0 { "-" } else { "" };
    let magnitude = units.unsigned_abs();
    if decimals == 0 {
        return format!("{sign}{magnitude}");
    }
    let decimals = decimals as usize;
    let digits = format!("{magnitude:0width$}", width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    format!("{sign}{whole}.{fraction}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_would_be_printed_otherwise_stays_a_text() {
        for text in [
            "",
            "-",
            ".",
            "1.",
            ".5",
            "-.5",
            "01",
            "00",
            "-0",
            "-0.00",
            "+1",
            "1e3",
            "1,5",
            "--1",
            " 1",
            "1.5.0",
            "\u{661}",
            "9223372036854775808",
            "-9223372036854775808",
            "0.0000000000000000001",
        ] {
            assert_eq!(units(text), None, "{text}");
        }
        for (text, found) in [
            ("0", (0, 0)),
            ("0.00", (0, 2)),
            ("-0.01", (-1, 2)),
            ("119.09", (11_909, 2)),
            ("-9223372036854775807", (-i64::MAX, 0)),
            ("9.223372036854775807", (i64::MAX, 18)),
        ] {
            assert_eq!(units(text), Some(found), "{text}");
            assert_eq!(printed(found.0, found.1), text);
        }
    }

    proptest! {
        #[test]
        fn a_number_is_printed_as_it_was(number in any::<i64>(), shift in 0..64_u32, decimals in 0..=MOST_DECIMALS) {
            let number = number >> shift;
            prop_assume!(number != i64::MIN);
            prop_assert_eq!(units(&printed(number, decimals)), Some((number, decimals)));
        }

        #[test]
        fn a_text_that_fits_is_printed_as_it_was(text in "-?[0-9]{1,12}([.][0-9]{0,20})?|\\PC*") {
            if let Some((number, decimals)) = units(&text) {
                prop_assert_eq!(printed(number, decimals), text);
            }
        }
    }
}

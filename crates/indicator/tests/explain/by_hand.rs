//! A formula in numbers, evaluated as a person with pencil and paper does.

use almanac_model::{Decimal, Exact};

/// Evaluates `+ - * /`, signs and parentheses over numbers: what a person with pencil and paper does.
pub(crate) struct ByHand<'a> {
    text: &'a [u8],
    at: usize,
}

impl ByHand<'_> {
    pub(crate) fn evaluate(text: &str) -> Exact {
        let mut hand = ByHand {
            text: text.as_bytes(),
            at: 0,
        };
        let value = hand.sum();
        assert_eq!(hand.at, hand.text.len(), "{text}");
        value
    }

    fn next(&mut self, wanted: &[u8]) -> Option<u8> {
        while self.text.get(self.at) == Some(&b' ') {
            self.at += 1;
        }
        let found = self.text.get(self.at).copied().filter(|byte| wanted.contains(byte))?;
        self.at += 1;
        Some(found)
    }

    fn sum(&mut self) -> Exact {
        let mut left = self.product();
        while let Some(sign) = self.next(b"+-") {
            let right = self.product();
            left = if sign == b'+' { &left + &right } else { &left - &right };
        }
        left
    }

    fn product(&mut self) -> Exact {
        let mut left = self.signed();
        while let Some(sign) = self.next(b"*/") {
            let right = self.signed();
            left = if sign == b'*' {
                &left * &right
            } else {
                left.checked_div(&right).expect("no division by zero")
            };
        }
        left
    }

    fn signed(&mut self) -> Exact {
        if self.next(b"-").is_some() {
            return -&self.signed();
        }
        if self.next(b"(").is_some() {
            let inner = self.sum();
            assert!(self.next(b")").is_some());
            return inner;
        }
        let mut digits = String::new();
        while let Some(digit) = self.next(b"0123456789.") {
            digits.push(char::from(digit));
        }
        exact(&digits)
    }
}

/// A number of any length: explanations write numerators that no recorded value can have.
fn exact(digits: &str) -> Exact {
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let place = |sum: Exact, digit: char| {
        let digit = i128::from(digit.to_digit(10).expect("a digit"));
        &(&sum * &Exact::from_integer(10)) + &Exact::from_integer(digit)
    };
    let all = whole
        .chars()
        .chain(fraction.chars())
        .fold(Exact::from_integer(0), place);
    (0..fraction.len()).fold(all, |number, _| {
        number.checked_div(&Exact::from_integer(10)).expect("ten is not zero")
    })
}

#[test]
fn by_hand_is_by_the_rules_of_arithmetic() {
    for (text, value) in [
        ("1 - 2 - 3", "-4"),
        ("2 * (3 + 4) / 4", "3.5"),
        ("-(1 / 8) * -8", "1"),
        ("2 - -2", "4"),
    ] {
        let expected: Decimal = value.parse().expect("a number");
        assert_eq!(ByHand::evaluate(text), Exact::from(expected), "{text}");
    }
}

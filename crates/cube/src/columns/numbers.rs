//! A column of whole numbers, as narrow as the widest of them.

use std::ops::Range;

/// Numbers by position. All have the width of the widest that was ever put in: a column becomes wider and never narrower.
#[derive(Clone, Debug)]
pub(super) enum Numbers {
    /// Four bytes each: nearly all counts, and all revisions of most logs.
    Narrow(Vec<i32>),
    Medium(Vec<i64>),
    /// Totals of tallies, and nothing else, can be wider than what one event says.
    Wide(Vec<i128>),
}

impl Default for Numbers {
    fn default() -> Self {
        Self::Narrow(Vec::new())
    }
}

impl Numbers {
    /// The number at a position; zero where there is none.
    pub(super) fn get(&self, index: usize) -> i128 {
        match self {
            Self::Narrow(numbers) => numbers.get(index).map_or(0, |&number| number.into()),
            Self::Medium(numbers) => numbers.get(index).map_or(0, |&number| number.into()),
            Self::Wide(numbers) => numbers.get(index).copied().unwrap_or_default(),
        }
    }

    /// Puts a number at a position that is there.
    pub(super) fn set(&mut self, index: usize, number: i128) {
        self.widen_for(number);
        match self {
            Self::Narrow(numbers) => set(numbers, index, number),
            Self::Medium(numbers) => set(numbers, index, number),
            Self::Wide(numbers) => set(numbers, index, number),
        }
    }

    /// Makes it so long, with zeros at its end.
    pub(super) fn grow_to(&mut self, length: usize) {
        match self {
            Self::Narrow(numbers) => grow_to(numbers, length, 0),
            Self::Medium(numbers) => grow_to(numbers, length, 0),
            Self::Wide(numbers) => grow_to(numbers, length, 0),
        }
    }

    /// Sees to it that so many can be appended without moving those that are there.
    pub(super) fn reserve(&mut self, count: usize) {
        match self {
            Self::Narrow(numbers) => reserve(numbers, count),
            Self::Medium(numbers) => reserve(numbers, count),
            Self::Wide(numbers) => reserve(numbers, count),
        }
    }

    /// Puts so many zeros before the first.
    pub(super) fn grow_in_front(&mut self, count: usize) {
        match self {
            Self::Narrow(numbers) => grow_in_front(numbers, count, 0),
            Self::Medium(numbers) => grow_in_front(numbers, count, 0),
            Self::Wide(numbers) => grow_in_front(numbers, count, 0),
        }
    }

    /// The sum of a range that is there. It cannot overflow: events have 64 bits each, and a column has fewer than 2^32 periods
    /// of fewer than 2^31 events.
    pub(super) fn sum(&self, range: Range<usize>) -> i128 {
        match self {
            // at most 2^32 numbers of 32 bits each
            Self::Narrow(numbers) => numbers[range]
                .iter()
                .map(|&number| i64::from(number))
                .sum::<i64>()
                .into(),
            Self::Medium(numbers) => numbers[range].iter().map(|&number| i128::from(number)).sum(),
            Self::Wide(numbers) => numbers[range].iter().sum(),
        }
    }

    fn widen_for(&mut self, number: i128) {
        if let Self::Narrow(numbers) = self
            && i32::try_from(number).is_err()
        {
            *self = Self::Medium(widened(numbers));
        }
        if let Self::Medium(numbers) = self
            && i64::try_from(number).is_err()
        {
            *self = Self::Wide(widened(numbers));
        }
    }
}

fn widened<N: Copy, W: From<N>>(numbers: &[N]) -> Vec<W> {
    numbers.iter().map(|&number| W::from(number)).collect()
}

fn set<N: TryFrom<i128>>(numbers: &mut [N], index: usize, number: i128) {
    if let (Some(place), Ok(number)) = (numbers.get_mut(index), N::try_from(number)) {
        *place = number;
    }
}

/// Room for so many more, and for an eighth of all beside them when they have to be moved: columns are many, and to double each
/// would cost as much memory as what is in them.
pub(super) fn reserve<T>(column: &mut Vec<T>, count: usize) {
    let length = column.len() + count;
    if length > column.capacity() {
        column.reserve_exact(count + length / 8);
    }
}

/// Appends until there are so many.
pub(super) fn grow_to<T: Copy>(column: &mut Vec<T>, length: usize, filling: T) {
    reserve(column, length.saturating_sub(column.len()));
    column.resize(length, filling);
}

pub(super) fn grow_in_front<T: Copy>(column: &mut Vec<T>, count: usize, filling: T) {
    column.splice(0..0, std::iter::repeat_n(filling, count));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_becomes_as_wide_as_its_widest_number() {
        let mut numbers = Numbers::default();
        numbers.grow_to(2);
        let widths = [
            i128::from(i32::MIN),
            i128::from(i32::MIN) - 1,
            i128::from(i64::MAX) + 1,
            i128::MAX,
        ];
        for wide in widths {
            numbers.set(0, wide);
            numbers.set(1, -7);
            assert_eq!((numbers.get(0), numbers.get(1), numbers.get(2)), (wide, -7, 0));
            assert_eq!(numbers.sum(0..2), wide.wrapping_sub(7));
        }
    }
}

//! Whole numbers side by side, as narrow as the widest of them.

use std::ops::Range;

use crate::encoding::{DecodeError, Reader};

/// Numbers by position. All have the width of the widest that was ever put in: they become wider and never narrower.
#[derive(Clone, Debug)]
pub(super) enum Numbers {
    /// Two bytes each: most counts of a day, and the revisions of a young log.
    Small(Vec<i16>),
    /// Four bytes each: nearly all counts, and all revisions of most logs.
    Narrow(Vec<i32>),
    Medium(Vec<i64>),
    /// Totals of tallies, and nothing else, can be wider than what one event says.
    Wide(Vec<i128>),
}

/// The same for each width.
macro_rules! by_width {
    ($numbers:expr, $each:ident => $result:expr) => {
        match $numbers {
            Numbers::Small($each) => $result,
            Numbers::Narrow($each) => $result,
            Numbers::Medium($each) => $result,
            Numbers::Wide($each) => $result,
        }
    };
}

/// Numbers of a width from the differences between rows.
macro_rules! numbers_from {
    ($reader:expr, $count:expr, $row:expr, $number:ty) => {{
        const BYTES: usize = size_of::<$number>();
        let (differences, _) = $reader.take($count * BYTES)?.as_chunks::<BYTES>();
        let mut numbers: Vec<$number> = differences
            .iter()
            .map(|bytes| <$number>::from_le_bytes(*bytes))
            .collect();
        for below in ($row..numbers.len()).step_by($row) {
            let (done, rest) = numbers.split_at_mut(below);
            let pairs = rest.iter_mut().zip(&done[below - $row..]);
            pairs.for_each(|(number, above)| *number = number.wrapping_add(*above));
        }
        numbers
    }};
}

impl Default for Numbers {
    fn default() -> Self {
        Self::Small(Vec::new())
    }
}

impl Numbers {
    const fn len(&self) -> usize {
        by_width!(self, numbers => numbers.len())
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number at a position; zero where there is none.
    pub(super) fn get(&self, index: usize) -> i128 {
        by_width!(self, numbers => numbers.get(index).map_or(0, wide))
    }

    /// Puts a number at a position that is there.
    pub(super) fn set(&mut self, index: usize, number: i128) {
        self.widen_for(number);
        by_width!(self, numbers => set(numbers, index, number));
    }

    /// Adds to the number at a position that is there.
    pub(super) fn add(&mut self, index: usize, more: i128) {
        self.set(index, self.get(index).wrapping_add(more));
    }

    /// Puts numbers at every so many positions from one on, which are there.
    pub(super) fn set_each(&mut self, (first, step): (usize, usize), new: impl Iterator<Item = i128> + Clone) {
        self.widen_for_all(new.clone());
        by_width!(self, numbers => {
            for (index, number) in (first..).step_by(step).zip(new) {
                set(numbers, index, number);
            }
        });
    }

    /// Adds to the numbers from a position on, which are there.
    pub(super) fn add_each(&mut self, first: usize, more: impl Iterator<Item = i128> + Clone) {
        let sums: Vec<i128> = (first..)
            .zip(more)
            .map(|(index, more)| self.get(index).wrapping_add(more))
            .collect();
        self.set_each((first, 1), sums.into_iter());
    }

    /// The sums of rows of a length.
    pub(super) fn sums(&self, row: usize) -> Self {
        let sums =
            (0..self.len().checked_div(row).unwrap_or_default()).map(|index| self.sum(index * row..(index + 1) * row));
        let mut all = Self::default();
        for (index, sum) in sums.enumerate() {
            all.grow_to(index + 1);
            all.set(index, sum);
        }
        all
    }

    /// Makes it so long, with zeros at its end.
    pub(super) fn grow_to(&mut self, length: usize) {
        by_width!(self, numbers => grow_to(numbers, length, 0));
    }

    /// Puts so many zeros before the first.
    pub(super) fn grow_in_front(&mut self, count: usize) {
        by_width!(self, numbers => grow_in_front(numbers, count, 0));
    }

    /// Puts zeros at the end of each row, so that rows of a length have another.
    pub(super) fn lengthen_rows(&mut self, from: usize, to: usize) {
        by_width!(self, numbers => lengthen_rows(numbers, from, to, 0));
    }

    /// The sum of a range that is there. It cannot overflow: events have 64 bits each, and there are fewer than 2^31 of them for
    /// each of fewer than 2^31 places.
    pub(super) fn sum(&self, range: Range<usize>) -> i128 {
        match self {
            // at most 2^15 numbers of 16 bits each come to 31 bits
            Self::Small(numbers) => {
                let sums = numbers[range].chunks(1 << 15);
                let sums = sums.map(|some| some.iter().map(|&number| i32::from(number)).sum::<i32>());
                sums.map(i128::from).sum()
            }
            // at most 2^31 numbers of 32 bits each
            Self::Narrow(numbers) => numbers[range]
                .iter()
                .map(|&number| i64::from(number))
                .sum::<i64>()
                .into(),
            Self::Medium(numbers) => numbers[range].iter().map(|&number| i128::from(number)).sum(),
            Self::Wide(numbers) => numbers[range].iter().sum(),
        }
    }

    /// The sum of the numbers at some positions that are there.
    pub(super) fn sum_of(&self, places: impl Iterator<Item = usize>) -> i128 {
        by_width!(self, numbers => places.map(|place| wide(&numbers[place])).sum())
    }

    /// Whether no number of a range that is there is above one.
    pub(super) fn are_at_most(&self, range: Range<usize>, most: i128) -> bool {
        by_width!(self, numbers => are_at_most(&numbers[range], most))
    }

    /// The greatest in a range that is there; zero where all are below it.
    pub(super) fn greatest(&self, range: Range<usize>) -> i128 {
        by_width!(self, numbers => numbers[range].iter().max().map_or(0, wide).max(0))
    }

    /// The least and the greatest; `None` when there is none.
    pub(super) fn range(&self) -> Option<(i128, i128)> {
        by_width!(self, numbers => Some((wide(numbers.iter().min()?), wide(numbers.iter().max()?))))
    }

    /// Their bytes: how many for each, and each less the one above it in rows of a length.
    pub(super) fn put(&self, bytes: &mut Vec<u8>, row: usize) {
        by_width!(self, numbers => {
            bytes.push(bytes_of_each(numbers));
            for (index, number) in numbers.iter().enumerate() {
                let above = index.checked_sub(row).map_or(0, |above| numbers[above]);
                bytes.extend_from_slice(&number.wrapping_sub(above).to_le_bytes());
            }
        });
    }

    /// So many numbers as they were put.
    pub(super) fn read(reader: &mut Reader<'_>, count: usize, row: usize) -> Result<Self, DecodeError> {
        Ok(match reader.byte()? {
            2 => Self::Small(numbers_from!(reader, count, row, i16)),
            4 => Self::Narrow(numbers_from!(reader, count, row, i32)),
            8 => Self::Medium(numbers_from!(reader, count, row, i64)),
            16 => Self::Wide(numbers_from!(reader, count, row, i128)),
            _ => return Err(DecodeError::Number),
        })
    }

    fn widen_for_all(&mut self, new: impl Iterator<Item = i128>) {
        let (least, most) = new.fold((0, 0), |(least, most), one| (one.min(least), one.max(most)));
        self.widen_for(least);
        self.widen_for(most);
    }

    fn widen_for(&mut self, number: i128) {
        if let Self::Small(numbers) = self
            && i16::try_from(number).is_err()
        {
            *self = Self::Narrow(widened(numbers));
        }
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

/// At most 16.
#[expect(clippy::cast_possible_truncation, reason = "the widest number has 16 bytes")]
const fn bytes_of_each<N>(_: &[N]) -> u8 {
    size_of::<N>() as u8
}

fn widened<N: Copy, W: From<N>>(numbers: &[N]) -> Vec<W> {
    numbers.iter().map(|&number| W::from(number)).collect()
}

fn wide<N: Copy + Into<i128>>(number: &N) -> i128 {
    (*number).into()
}

fn are_at_most<N: Copy + PartialOrd + TryFrom<i128>>(numbers: &[N], most: i128) -> bool {
    // what does not fit is above all of them, or below
    N::try_from(most).map_or(most > 0, |most| numbers.iter().all(|number| *number <= most))
}

fn set<N: TryFrom<i128>>(numbers: &mut [N], index: usize, number: i128) {
    if let (Some(place), Ok(number)) = (numbers.get_mut(index), N::try_from(number)) {
        *place = number;
    }
}

/// Appends until there are so many. When they have to be moved for that, room for an eighth of all is left beside them: sheets
/// are many, and to double each would cost as much memory as what is in them.
pub(crate) fn grow_to<T: Copy>(column: &mut Vec<T>, length: usize, filling: T) {
    if length > column.capacity() {
        column.reserve_exact(length - column.len() + length / 8);
    }
    if length > column.len() {
        column.resize(length, filling);
    }
}

pub(crate) fn grow_in_front<T: Copy>(column: &mut Vec<T>, count: usize, filling: T) {
    column.splice(0..0, std::iter::repeat_n(filling, count));
}

pub(super) fn lengthen_rows<T: Copy>(column: &mut Vec<T>, from: usize, to: usize, filling: T) {
    let rows = column.chunks_exact(from.max(1));
    let mut longer = Vec::with_capacity(rows.len() * to);
    for row in rows {
        longer.extend_from_slice(row);
        longer.resize(longer.len() + to - from, filling);
    }
    *column = longer;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_as_wide_as_the_widest_of_them() {
        let mut numbers = Numbers::default();
        numbers.grow_to(2);
        let widths = [
            i128::from(i16::MIN),
            i128::from(i16::MIN) - 1,
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
            assert_eq!(numbers.sum_of([1, 1].into_iter()), -14);
            assert!(numbers.are_at_most(0..2, wide.max(-7)) && !numbers.are_at_most(0..2, -8 + wide.min(0)));
        }
    }

    #[test]
    fn as_many_small_numbers_as_there_may_be_are_added_without_loss() {
        let numbers = Numbers::Small(vec![i16::MIN; (1 << 16) + 3]);
        assert_eq!(numbers.sum(0..(1 << 16) + 3), i128::from(i16::MIN) * ((1 << 16) + 3));
    }
}

//! Some of the series of a block.

use crate::Kind;

/// Which series of a block, by their columns.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Columns(u64);

impl Columns {
    /// A block has at most so many.
    pub const MOST: usize = 64;

    /// None but this one.
    #[must_use]
    pub(crate) const fn one(column: u8) -> Self {
        Self(1 << column)
    }

    /// Those of some kinds, which come column by column.
    #[must_use]
    pub fn of(kinds: &[Kind], mut is_wanted: impl FnMut(Kind) -> bool) -> Self {
        let wanted = (0..).zip(kinds).filter(|(_, kind)| is_wanted(**kind));
        wanted.fold(Self::default(), |all, (column, _)| all.or(Self::one(column)))
    }

    /// Whether it is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many.
    #[must_use]
    pub const fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Those and others.
    #[must_use]
    pub const fn or(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// Those that are among others, too.
    #[must_use]
    pub const fn and(self, others: Self) -> Self {
        Self(self.0 & others.0)
    }

    /// Whether all of them are among the first so many.
    pub(crate) const fn are_below(self, width: usize) -> bool {
        width >= Self::MOST || self.0 >> width == 0
    }

    /// The columns, from the first.
    pub(crate) fn iter(self) -> impl Iterator<Item = u8> {
        let mut left = self.0;
        std::iter::from_fn(move || {
            let next = left.trailing_zeros();
            // takes the lowest one away
            left &= left.checked_sub(1)?;
            u8::try_from(next).ok()
        })
    }
}

//! What is at each place of a column.

use std::ops::Range;

use super::numbers::{grow_in_front, grow_to, reserve};

/// Nothing was ever recorded. No status has these bits.
pub(super) const NOTHING: u8 = 0;
/// What was recorded was withdrawn. Nor these.
pub(super) const WITHDRAWN: u8 = 4;

/// The bits of a status, or one of the states without a value, by position.
#[derive(Clone, Debug)]
pub(super) enum States {
    /// All the same.
    Same {
        state: u8,
        length: usize,
    },
    Each(Vec<u8>),
}

impl Default for States {
    fn default() -> Self {
        Self::Same {
            state: NOTHING,
            length: 0,
        }
    }
}

impl States {
    pub(super) const fn len(&self) -> usize {
        match self {
            Self::Same { length, .. } => *length,
            Self::Each(states) => states.len(),
        }
    }

    pub(super) fn get(&self, index: usize) -> u8 {
        match self {
            Self::Same { state, length } if index < *length => *state,
            Self::Same { .. } => NOTHING,
            Self::Each(states) => states.get(index).copied().unwrap_or(NOTHING),
        }
    }

    /// Puts a state at a position that is there, or is the next one.
    pub(super) fn put(&mut self, index: usize, new: u8) {
        match self {
            Self::Same { state, length } if *length == 0 || *state == new => {
                *state = new;
                *length = (*length).max(index + 1);
            }
            _ => {
                let states = self.each();
                grow_to(states, states.len().max(index + 1), NOTHING);
                states[index] = new;
            }
        }
    }

    /// Makes it so long at least, with nothing at its end.
    pub(super) fn grow_to(&mut self, length: usize) {
        if length > self.len() {
            grow_to(self.each(), length, NOTHING);
        }
    }

    /// Puts so many places with nothing before the first.
    pub(super) fn grow_in_front(&mut self, count: usize) {
        grow_in_front(self.each(), count, NOTHING);
    }

    /// Sees to it that so many can be appended without moving those that are there.
    pub(super) fn reserve(&mut self, count: usize) {
        if let Self::Each(states) = self {
            reserve(states, count);
        }
    }

    /// The state of a range that is there, if it is one.
    pub(super) fn common(&self, range: Range<usize>) -> Option<u8> {
        match self {
            Self::Same { state, .. } => Some(*state),
            Self::Each(states) => {
                let (first, rest) = states.get(range)?.split_first()?;
                rest.iter().all(|state| state == first).then_some(*first)
            }
        }
    }

    fn each(&mut self) -> &mut Vec<u8> {
        if let Self::Same { state, length } = *self {
            *self = Self::Each(vec![state; length]);
        }
        match self {
            Self::Each(states) => states,
            Self::Same { .. } => unreachable!("it was made one of each just before"),
        }
    }
}

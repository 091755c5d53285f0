//! What is at each place of a sheet.

use std::ops::Range;

use super::numbers::{grow_to, lengthen_rows};
use crate::encoding::{DecodeError, Reader, put_number};

/// Nothing was ever recorded. No status has these bits.
pub(super) const NOTHING: u8 = 0;
/// What was recorded was withdrawn. Nor these.
pub(super) const WITHDRAWN: u8 = 4;

/// The bits of a status; none of a state without a value.
pub(super) const fn held(state: u8) -> Option<u8> {
    match state {
        NOTHING | WITHDRAWN => None,
        status => Some(status),
    }
}

/// The bits of a status, or one of the states without a value, by position. As many as have the same state from the first on
/// take no memory; nearly always these are all but those of the last period.
#[derive(Clone, Debug, Default)]
pub(super) struct States {
    state: u8,
    /// So many have that state.
    same: usize,
    /// Those that follow.
    rest: Vec<u8>,
}

impl States {
    pub(super) const fn len(&self) -> usize {
        self.same + self.rest.len()
    }

    pub(super) fn get(&self, index: usize) -> u8 {
        match index.checked_sub(self.same) {
            None => self.state,
            Some(place) => self.rest.get(place).copied().unwrap_or(NOTHING),
        }
    }

    /// Puts a state at a position that is there.
    pub(super) fn put(&mut self, index: usize, new: u8) {
        if self.get(index) == new {
            return;
        }
        if index < self.same {
            self.write_out_from(index);
        }
        if let Some(state) = self.rest.get_mut(index - self.same) {
            *state = new;
        }
    }

    /// Makes it so long, with nothing at its end.
    pub(super) fn grow_to(&mut self, length: usize) {
        grow_to(&mut self.rest, length - self.same, NOTHING);
    }

    /// Puts so many places with nothing before the first.
    pub(super) fn grow_in_front(&mut self, count: usize) {
        self.write_out_from(0);
        self.rest.splice(0..0, std::iter::repeat_n(NOTHING, count));
    }

    /// Puts nothing at the end of each row, so that rows of a length have another.
    pub(super) fn lengthen_rows(&mut self, from: usize, to: usize) {
        self.write_out_from(0);
        lengthen_rows(&mut self.rest, from, to, NOTHING);
    }

    /// Finds anew how many have the same state. It looks at no more than were put since, where these are the next ones.
    pub(super) fn settle(&mut self) {
        if self.same == 0 {
            self.state = self.rest.first().copied().unwrap_or(NOTHING);
        }
        let same = self.rest.iter().take_while(|state| **state == self.state).count();
        if same > 0 {
            self.same += same;
            self.rest.drain(..same);
            if self.rest.capacity() > 4 * self.rest.len() {
                self.rest.shrink_to_fit();
            }
        }
    }

    /// The state of a range that is there, if it is one.
    pub(super) fn common(&self, range: Range<usize>) -> Option<u8> {
        if range.end <= self.same {
            return Some(self.state);
        }
        let rest = self
            .rest
            .get(range.start.saturating_sub(self.same)..range.end - self.same)?;
        let first = self.get(range.start);
        // to the end, since that is many at a time
        let others = rest.iter().fold(0, |others, state| others | (state ^ first));
        (others == 0).then_some(first)
    }

    /// Whether something holds of all of them.
    pub(super) fn all(&self, holds: impl Fn(u8) -> bool) -> bool {
        (self.same == 0 || holds(self.state)) && self.rest.iter().all(|state| holds(*state))
    }

    /// Their bytes: the first state, how many have it from the first on, and those that follow.
    pub(super) fn put_all(&self, bytes: &mut Vec<u8>) {
        bytes.push(self.state);
        put_number(bytes, self.same as u64);
        bytes.extend_from_slice(&self.rest);
    }

    /// So many states as they were put.
    pub(super) fn read(reader: &mut Reader<'_>, count: usize) -> Result<Self, DecodeError> {
        let (state, same): (u8, usize) = (reader.byte()?, reader.narrow()?);
        let rest = count.checked_sub(same).ok_or(DecodeError::Number)?;
        Ok(Self {
            state,
            same,
            rest: reader.take(rest)?.to_vec(),
        })
    }

    fn write_out_from(&mut self, index: usize) {
        let state = std::iter::repeat_n(self.state, self.same - index);
        self.rest.splice(0..0, state);
        self.same = index;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All of them, and whether those of a range are the same, against a plain list.
    fn check(states: &States, plain: &[u8]) {
        let all: Vec<u8> = (0..states.len()).map(|index| states.get(index)).collect();
        assert_eq!(all, plain);
        for (from, to) in (0..plain.len()).flat_map(|from| (from + 1..=plain.len()).map(move |to| (from, to))) {
            let common = plain[from..to].iter().all(|state| *state == plain[from]);
            assert_eq!(
                states.common(from..to),
                common.then_some(plain[from]),
                "{states:?} {from}..{to}"
            );
        }
    }

    #[test]
    fn states_are_what_was_put_however_many_are_the_same() {
        let mut states = States::default();
        states.grow_to(4);
        check(&states, &[0, 0, 0, 0]);
        for index in [2, 0, 3, 1] {
            states.put(index, 3);
            states.settle();
        }
        check(&states, &[3, 3, 3, 3]);
        assert!(states.rest.is_empty());
        states.lengthen_rows(2, 3);
        check(&states, &[3, 3, 0, 3, 3, 0]);
        states.put(2, 3);
        states.put(5, 3);
        states.settle();
        states.put(4, 7);
        states.settle();
        check(&states, &[3, 3, 3, 3, 7, 3]);
        assert_eq!(states.same, 4);
        states.grow_in_front(2);
        check(&states, &[0, 0, 3, 3, 3, 3, 7, 3]);
        states.settle();
        states.put(0, 3);
        states.put(1, 3);
        states.put(6, 3);
        states.settle();
        states.grow_to(9);
        check(&states, &[3, 3, 3, 3, 3, 3, 3, 3, 0]);
    }
}

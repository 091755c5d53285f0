//! How far each producer of a stream has come, and what was decided of its last batches.
//!
//! Every sequence of a producer is decided once, by one record: its events, or the refusal of them. So the position of the
//! last record says what comes next, and a batch that is sent again is recognised as long as it is among the last ones.

use std::collections::{BTreeSet, HashMap, VecDeque};

use almanac_event_log::ProducerPosition;
use almanac_model::Revision;

/// How many of a producer's last batches are recognised; a client may have so many unanswered.
pub(crate) const WINDOW: usize = 256;

/// A digest of what a producer sent.
pub(crate) type BatchDigest = [u8; 16];

/// What a record says of its producer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Step {
    /// A new epoch begins.
    Epoch,
    /// A batch was decided.
    Batch(Decision),
}

/// What was decided of one sequence.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Decision {
    /// The record that holds it.
    pub(crate) revision: Revision,
    pub(crate) digest: BatchDigest,
    /// Nothing of it was recorded; the record says why.
    pub(crate) is_refused: bool,
}

/// How a batch stands to what its producer sent before.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Standing {
    /// It is the next one.
    Next,
    /// It was decided before.
    Decided(Decision),
    /// Another batch was decided under its sequence.
    Reused(Revision),
    /// A newer epoch began.
    Fenced { epoch: u64 },
    /// Sequences before it were never sent.
    Gap { expected: u64 },
    /// It was decided so long ago that nobody knows how.
    Forgotten { last: u64 },
}

/// Where a producer stands.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Position {
    /// 0: it never began.
    pub(crate) epoch: u64,
    pub(crate) last_sequence: u64,
    /// The last record about it.
    pub(crate) revision: Revision,
}

/// All producers that ever wrote. A producer that is silent for long keeps its position only.
#[derive(Debug, Default)]
pub(crate) struct Producers {
    known: HashMap<[u8; 16], Producer>,
    /// Those with a window, by the time of their last record.
    by_age: BTreeSet<(i64, [u8; 16])>,
}

#[derive(Debug, Default)]
struct Producer {
    position: Position,
    at_ms: i64,
    /// What was decided of the last sequences, up to the last.
    window: VecDeque<Decision>,
}

impl Producers {
    /// Where a producer stands.
    pub(crate) fn position(&self, producer: &[u8; 16]) -> Position {
        self.known
            .get(producer)
            .map_or_else(Position::default, |known| known.position)
    }

    /// How a batch stands to those before.
    pub(crate) fn standing(&self, at: &ProducerPosition, digest: &BatchDigest) -> Standing {
        let Some(known) = self.known.get(&at.producer) else {
            return Standing::Gap { expected: 1 };
        };
        let Position {
            epoch, last_sequence, ..
        } = known.position;
        if at.epoch != epoch {
            return Standing::Fenced { epoch };
        }
        let expected = last_sequence + 1;
        if at.sequence == 0 || at.sequence > last_sequence {
            return if at.sequence == expected {
                Standing::Next
            } else {
                Standing::Gap { expected }
            };
        }
        let back = usize::try_from(last_sequence - at.sequence).unwrap_or(usize::MAX);
        let place = known.window.len().checked_sub(back.saturating_add(1));
        match place.and_then(|place| known.window.get(place)) {
            Some(decision) if decision.digest == *digest => Standing::Decided(*decision),
            Some(decision) => Standing::Reused(decision.revision),
            None => Standing::Forgotten { last: last_sequence },
        }
    }

    /// Remembers what a record says. What was decided longer than `retention_ms` ago is forgotten where the producer has
    /// been silent since.
    pub(crate) fn remember(
        &mut self,
        at: &ProducerPosition,
        step: Step,
        revision: Revision,
        at_ms: i64,
        retention_ms: i64,
    ) {
        let known = self.known.entry(at.producer).or_default();
        self.by_age.remove(&(known.at_ms, at.producer));
        if let Step::Batch(decision) = step {
            known.window.push_back(decision);
            while known.window.len() > WINDOW {
                known.window.pop_front();
            }
        }
        known.at_ms = at_ms;
        known.position = Position {
            epoch: at.epoch,
            last_sequence: at.sequence,
            revision,
        };
        self.by_age.insert((at_ms, at.producer));
        while let Some(&(age, silent)) = self.by_age.first()
            && age < at_ms.saturating_sub(retention_ms)
        {
            self.by_age.pop_first();
            if let Some(silent) = self.known.get_mut(&silent) {
                silent.window = VecDeque::new();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRODUCER: [u8; 16] = [7; 16];

    fn at(epoch: u64, sequence: u64) -> ProducerPosition {
        ProducerPosition {
            producer: PRODUCER,
            epoch,
            sequence,
        }
    }

    fn digest(sequence: u64) -> BatchDigest {
        u128::from(sequence).to_be_bytes()
    }

    fn decided(sequence: u64) -> Decision {
        Decision {
            revision: Revision(sequence + 1),
            digest: digest(sequence),
            is_refused: sequence.is_multiple_of(3),
        }
    }

    fn after(last: u64) -> Producers {
        let mut producers = Producers::default();
        producers.remember(&at(1, 0), Step::Epoch, Revision(1), 0, 100);
        for sequence in 1..=last {
            let decision = decided(sequence);
            producers.remember(&at(1, sequence), Step::Batch(decision), decision.revision, 0, 100);
        }
        producers
    }

    #[test]
    fn only_the_sequence_after_the_last_is_new() {
        let producers = after(2);
        assert_eq!(producers.standing(&at(1, 3), &digest(3)), Standing::Next);
        assert_eq!(producers.standing(&at(1, 4), &digest(4)), Standing::Gap { expected: 3 });
        assert_eq!(producers.standing(&at(1, 2), &digest(2)), Standing::Decided(decided(2)));
        assert_eq!(producers.standing(&at(1, 2), &digest(9)), Standing::Reused(Revision(3)));
        assert_eq!(producers.standing(&at(1, 0), &digest(0)), Standing::Gap { expected: 3 });
        assert_eq!(
            Producers::default().standing(&at(1, 1), &digest(1)),
            Standing::Gap { expected: 1 }
        );
    }

    #[test]
    fn a_newer_epoch_fences_and_goes_on_with_the_sequences() {
        let mut producers = after(2);
        producers.remember(&at(2, 2), Step::Epoch, Revision(9), 0, 100);
        assert_eq!(producers.standing(&at(1, 3), &digest(3)), Standing::Fenced { epoch: 2 });
        assert_eq!(producers.standing(&at(2, 3), &digest(3)), Standing::Next);
        assert_eq!(producers.standing(&at(2, 1), &digest(1)), Standing::Decided(decided(1)));
        let expected = Position {
            epoch: 2,
            last_sequence: 2,
            revision: Revision(9),
        };
        assert_eq!(producers.position(&PRODUCER), expected);
    }

    #[test]
    fn the_last_256_decisions_are_known_and_no_more() {
        let producers = after(300);
        assert_eq!(
            producers.standing(&at(1, 45), &digest(45)),
            Standing::Decided(decided(45))
        );
        let forgotten = Standing::Forgotten { last: 300 };
        assert_eq!(producers.standing(&at(1, 44), &digest(44)), forgotten);
    }

    #[test]
    fn a_producer_that_is_silent_for_long_keeps_its_position_only() {
        let mut producers = after(5);
        let other = ProducerPosition {
            producer: [8; 16],
            epoch: 1,
            sequence: 0,
        };
        producers.remember(&other, Step::Epoch, Revision(7), 100, 100);
        assert_eq!(producers.standing(&at(1, 5), &digest(5)), Standing::Decided(decided(5)));
        producers.remember(&other, Step::Epoch, Revision(8), 101, 100);
        let forgotten = Standing::Forgotten { last: 5 };
        assert_eq!(producers.standing(&at(1, 5), &digest(5)), forgotten);
        assert_eq!(producers.standing(&at(1, 6), &digest(6)), Standing::Next);
    }
}

//! How far each producer of a stream has come, and what was decided of its last batches.
//!
//! Every sequence of a producer is decided once, by one record: its events, or the refusal of them. So the position of the
//! last record says what comes next, and a batch that is sent again is recognised as long as it is among the last ones.

use almanac_event_log::{Failure, ProducerPosition};
use almanac_model::Revision;

use super::State;
use super::facts::{Fact, Key, Looked};

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

/// What is known of a producer. One that is silent for long keeps its position only.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct KnownProducer {
    pub(crate) position: Position,
    /// When the last record about it was made, in Unix milliseconds.
    pub(crate) at_ms: i64,
    /// The first sequence whose decision was not forgotten for its silence.
    pub(crate) known_from: u64,
}

/// A decision, and of which sequence. A producer has [`WINDOW`] places for them, which it uses over and over.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Decided {
    pub(crate) sequence: u64,
    pub(crate) decision: Decision,
}

/// The place of a sequence's decision.
fn place(producer: [u8; 16], sequence: u64) -> Key {
    let place = sequence % WINDOW as u64;
    Key::Decision(producer, u8::try_from(place).unwrap_or_default())
}

/// The keys of what says how a batch stands.
pub(crate) fn keys(at: &ProducerPosition) -> impl Iterator<Item = Key> + use<> {
    [Key::Producer(at.producer), place(at.producer, at.sequence)].into_iter()
}

impl State {
    /// What is known of a producer. Its key was looked up before.
    pub(super) fn producer(&self, id: &[u8; 16], looked: &Looked) -> Result<Option<KnownProducer>, Failure> {
        Ok(match self.facts.get_looked(&Key::Producer(*id), looked, 0)? {
            Some(Fact::Producer(known)) => Some(known),
            _ => None,
        })
    }

    /// Where a producer stands. Its key was looked up before.
    pub(crate) fn position(&self, producer: &[u8; 16], looked: &Looked) -> Result<Position, Failure> {
        let known = self.producer(producer, looked)?;
        Ok(known.map_or_else(Position::default, |known| known.position))
    }

    /// How a batch stands to those before. Its [`keys`] were looked up before.
    pub(crate) fn standing(
        &self,
        at: &ProducerPosition,
        digest: &BatchDigest,
        looked: &Looked,
    ) -> Result<Standing, Failure> {
        let Some(known) = self.producer(&at.producer, looked)? else {
            return Ok(Standing::Gap { expected: 1 });
        };
        let Position {
            epoch,
            last_sequence: last,
            ..
        } = known.position;
        if at.epoch != epoch {
            return Ok(Standing::Fenced { epoch });
        }
        let expected = last + 1;
        if at.sequence == 0 || at.sequence > last {
            return Ok(if at.sequence == expected {
                Standing::Next
            } else {
                Standing::Gap { expected }
            });
        }
        let is_kept = at.sequence + WINDOW as u64 > last && at.sequence >= known.known_from;
        if !is_kept || self.is_silent(&known) {
            return Ok(Standing::Forgotten { last });
        }
        Ok(
            match self.facts.get_looked(&place(at.producer, at.sequence), looked, 0)? {
                Some(Fact::Decision(Decided { sequence, decision })) if sequence == at.sequence => {
                    if decision.digest == *digest {
                        Standing::Decided(decision)
                    } else {
                        Standing::Reused(decision.revision)
                    }
                }
                _ => Standing::Forgotten { last },
            },
        )
    }

    /// Whether a producer was silent for so long, when another one was heard, that its decisions are forgotten.
    fn is_silent(&self, known: &KnownProducer) -> bool {
        known.at_ms < self.clocks.producers_ms.saturating_sub(self.retention_ms)
    }

    /// What a record says of its producer, as facts.
    pub(super) fn step(
        &self,
        at: &ProducerPosition,
        step: Step,
        before: Option<KnownProducer>,
        revision: Revision,
        at_ms: i64,
    ) -> impl Iterator<Item = (Key, Fact)> + use<> {
        let (decided, next_known) = match step {
            Step::Epoch => (None, at.sequence + 1),
            Step::Batch(decision) => (Some(decision), at.sequence),
        };
        let known = KnownProducer {
            position: Position {
                epoch: at.epoch,
                last_sequence: at.sequence,
                revision,
            },
            at_ms,
            known_from: match before {
                Some(before) if !self.is_silent(&before) => before.known_from,
                _ => next_known,
            },
        };
        let ProducerPosition { producer, sequence, .. } = *at;
        let decided = decided.map(|decision| {
            let decided = Decided { sequence, decision };
            (place(producer, sequence), Fact::Decision(decided))
        });
        decided
            .into_iter()
            .chain([(Key::Producer(producer), Fact::Producer(known))])
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use almanac_model::Batch;

    use super::*;
    use crate::state::{Before, Content, Entry};

    const PRODUCER: [u8; 16] = [7; 16];
    const RETENTION_MS: i64 = 100;

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

    fn remember(state: &mut State, at: &ProducerPosition, step: Step, revision: Revision, at_ms: i64) {
        let before = Before {
            producer: state
                .producer(&at.producer, &Looked::default())
                .expect("there is no index"),
            ..Before::default()
        };
        let entry = Entry {
            revision,
            at_ms,
            request: None,
            step: Some((*at, step)),
            content: Content::Events(Arc::new(Batch::default())),
            bytes: 0,
        };
        state.apply(entry, &before);
    }

    fn standing(state: &State, at: &ProducerPosition, digest: &BatchDigest) -> Standing {
        state
            .standing(at, digest, &Looked::default())
            .expect("there is no index")
    }

    fn after(last: u64) -> State {
        let mut state = State::new(RETENTION_MS, None);
        remember(&mut state, &at(1, 0), Step::Epoch, Revision(1), 0);
        for sequence in 1..=last {
            let decision = decided(sequence);
            remember(
                &mut state,
                &at(1, sequence),
                Step::Batch(decision),
                decision.revision,
                0,
            );
        }
        state
    }

    #[test]
    fn only_the_sequence_after_the_last_is_new() {
        let state = after(2);
        assert_eq!(standing(&state, &at(1, 3), &digest(3)), Standing::Next);
        assert_eq!(standing(&state, &at(1, 4), &digest(4)), Standing::Gap { expected: 3 });
        assert_eq!(standing(&state, &at(1, 2), &digest(2)), Standing::Decided(decided(2)));
        assert_eq!(standing(&state, &at(1, 2), &digest(9)), Standing::Reused(Revision(3)));
        assert_eq!(standing(&state, &at(1, 0), &digest(0)), Standing::Gap { expected: 3 });
        let empty = State::new(RETENTION_MS, None);
        assert_eq!(standing(&empty, &at(1, 1), &digest(1)), Standing::Gap { expected: 1 });
    }

    #[test]
    fn a_newer_epoch_fences_and_goes_on_with_the_sequences() {
        let mut state = after(2);
        remember(&mut state, &at(2, 2), Step::Epoch, Revision(9), 0);
        assert_eq!(standing(&state, &at(1, 3), &digest(3)), Standing::Fenced { epoch: 2 });
        assert_eq!(standing(&state, &at(2, 3), &digest(3)), Standing::Next);
        assert_eq!(standing(&state, &at(2, 1), &digest(1)), Standing::Decided(decided(1)));
        let expected = Position {
            epoch: 2,
            last_sequence: 2,
            revision: Revision(9),
        };
        assert_eq!(state.position(&PRODUCER, &Looked::default()).ok(), Some(expected));
    }

    #[test]
    fn the_last_256_decisions_are_known_and_no_more() {
        let state = after(300);
        assert_eq!(
            standing(&state, &at(1, 45), &digest(45)),
            Standing::Decided(decided(45))
        );
        let forgotten = Standing::Forgotten { last: 300 };
        assert_eq!(standing(&state, &at(1, 44), &digest(44)), forgotten);
    }

    #[test]
    fn a_producer_that_is_silent_for_long_keeps_its_position_only() {
        let mut state = after(5);
        let other = ProducerPosition {
            producer: [8; 16],
            epoch: 1,
            sequence: 0,
        };
        remember(&mut state, &other, Step::Epoch, Revision(7), 100);
        assert_eq!(standing(&state, &at(1, 5), &digest(5)), Standing::Decided(decided(5)));
        remember(&mut state, &other, Step::Epoch, Revision(8), 101);
        let forgotten = Standing::Forgotten { last: 5 };
        assert_eq!(standing(&state, &at(1, 5), &digest(5)), forgotten);
        assert_eq!(standing(&state, &at(1, 6), &digest(6)), Standing::Next);
        // what it sends from now on is known again, what it sent before is not
        remember(&mut state, &at(1, 6), Step::Batch(decided(6)), Revision(9), 102);
        assert_eq!(standing(&state, &at(1, 6), &digest(6)), Standing::Decided(decided(6)));
        let forgotten = Standing::Forgotten { last: 6 };
        assert_eq!(standing(&state, &at(1, 5), &digest(5)), forgotten);
    }
}

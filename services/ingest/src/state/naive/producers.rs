//! All producers in memory, each with the window of its last decisions.

use std::collections::{BTreeSet, HashMap, VecDeque};

use almanac_event_log::ProducerPosition;
use almanac_model::Revision;

use crate::state::producers::{BatchDigest, Position, Standing, Step, WINDOW};

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
    window: VecDeque<crate::state::producers::Decision>,
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

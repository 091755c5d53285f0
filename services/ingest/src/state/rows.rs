//! Facts as rows of the index. All numbers are big endian.
//!
//! ```text
//! key                                    value
//! 1 | request id [16]                    revision u64 | recorded at i64
//! 2 | tally id [16]                      content [16] | revision u64 | 1 if taken back, else 0 u8
//! 3 | producer id [16]                   epoch u64 | last sequence u64 | revision u64 | recorded at i64 | known from u64
//! 4 | producer id [16] | place u8        sequence u64 | revision u64 | digest [16] | 1 if refused, else 0 u8
//! 5 | revision u64                       revision u64 | payload of the release
//! 6                                      revision u64 | payload of the catalogue
//! 7                                      times of the last records: of all i64, of requests i64, of producers i64
//! ```
//!
//! A change of these needs another `FORMAT` of the crate `almanac-log-index`.

use almanac_model::Revision;
use bytes::Bytes;

use super::Clocks;
use super::facts::{Fact, Key, KnownRequest};
use super::producers::{Decided, Decision, KnownProducer, Position};
use super::tallies::KnownTally;

const REQUEST: u8 = 1;
const TALLY: u8 = 2;
const PRODUCER: u8 = 3;
const DECISION: u8 = 4;
const RELEASE: u8 = 5;
const CATALOG: u8 = 6;
const CLOCKS: u8 = 7;

/// The beginning of the keys of releases.
pub(crate) const RELEASES: [u8; 1] = [RELEASE];

/// The longest key: tag, id and place.
const KEY_BYTES: usize = 1 + 16 + 1;

/// The bytes of a key, which sort as keys do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyBytes {
    bytes: [u8; KEY_BYTES],
    length: usize,
}

impl KeyBytes {
    fn new(tag: u8, parts: &[&[u8]]) -> Self {
        let mut key = Self {
            bytes: [tag; KEY_BYTES],
            length: 1,
        };
        for part in parts {
            let end = key.length + part.len();
            key.bytes[key.length..end].copy_from_slice(part);
            key.length = end;
        }
        key
    }
}

impl AsRef<[u8]> for KeyBytes {
    fn as_ref(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

/// The bytes of a key.
pub(crate) fn key(key: &Key) -> KeyBytes {
    match key {
        Key::Request(id) => KeyBytes::new(REQUEST, &[id]),
        Key::Tally(id) => KeyBytes::new(TALLY, &[id]),
        Key::Producer(id) => KeyBytes::new(PRODUCER, &[id]),
        Key::Decision(id, place) => KeyBytes::new(DECISION, &[id, &[*place]]),
        Key::Release(revision) => KeyBytes::new(RELEASE, &[&revision.0.to_be_bytes()]),
        Key::Catalog => KeyBytes::new(CATALOG, &[]),
        Key::Clocks => KeyBytes::new(CLOCKS, &[]),
    }
}

/// The bytes of a fact.
pub(crate) fn value(fact: &Fact) -> Vec<u8> {
    match fact {
        Fact::Request(KnownRequest { revision, at_ms }) => join(&[&revision.0.to_be_bytes(), &at_ms.to_be_bytes()]),
        Fact::Tally(KnownTally {
            content,
            revision,
            is_retracted,
        }) => join(&[content, &revision.0.to_be_bytes(), &[u8::from(*is_retracted)]]),
        Fact::Producer(KnownProducer {
            position,
            at_ms,
            known_from,
        }) => {
            let Position {
                epoch,
                last_sequence,
                revision,
            } = position;
            let numbers = [*epoch, *last_sequence, revision.0].map(u64::to_be_bytes);
            join(&[numbers.as_flattened(), &at_ms.to_be_bytes(), &known_from.to_be_bytes()])
        }
        Fact::Decision(Decided { sequence, decision }) => {
            let Decision {
                revision,
                digest,
                is_refused,
            } = decision;
            let numbers = [*sequence, revision.0].map(u64::to_be_bytes);
            join(&[numbers.as_flattened(), digest, &[u8::from(*is_refused)]])
        }
        Fact::Payload(revision, payload) => join(&[&revision.0.to_be_bytes(), payload]),
        Fact::Clocks(Clocks {
            head_ms,
            requests_ms,
            producers_ms,
        }) => {
            let times = [*head_ms, *requests_ms, *producers_ms].map(i64::to_be_bytes);
            times.as_flattened().to_vec()
        }
    }
}

fn join(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

/// The fact behind the bytes of a row's value; none if they are none of that key.
pub(crate) fn fact(key: &Key, value: &[u8]) -> Option<Fact> {
    let mut rest = Rest(value);
    let fact = match key {
        Key::Request(_) => Fact::Request(request(&mut rest)?),
        Key::Tally(_) => Fact::Tally(KnownTally {
            content: rest.take()?,
            revision: rest.revision()?,
            is_retracted: rest.flag()?,
        }),
        Key::Producer(_) => Fact::Producer(KnownProducer {
            position: Position {
                epoch: rest.number()?,
                last_sequence: rest.number()?,
                revision: rest.revision()?,
            },
            at_ms: rest.time()?,
            known_from: rest.number()?,
        }),
        Key::Decision(..) => Fact::Decision(Decided {
            sequence: rest.number()?,
            decision: Decision {
                revision: rest.revision()?,
                digest: rest.take()?,
                is_refused: rest.flag()?,
            },
        }),
        Key::Release(_) | Key::Catalog => {
            Fact::Payload(rest.revision()?, Bytes::copy_from_slice(std::mem::take(&mut rest.0)))
        }
        Key::Clocks => Fact::Clocks(Clocks {
            head_ms: rest.time()?,
            requests_ms: rest.time()?,
            producers_ms: rest.time()?,
        }),
    };
    rest.0.is_empty().then_some(fact)
}

/// When the request of a row was recorded; none if it is the row of something else.
pub(crate) fn request_time(key: &[u8], value: &[u8]) -> Option<i64> {
    (key.first() == Some(&REQUEST)).then_some(())?;
    request(&mut Rest(value)).map(|known| known.at_ms)
}

fn request(rest: &mut Rest<'_>) -> Option<KnownRequest> {
    Some(KnownRequest {
        revision: rest.revision()?,
        at_ms: rest.time()?,
    })
}

/// What of a value is not taken yet.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    fn number(&mut self) -> Option<u64> {
        self.take().map(u64::from_be_bytes)
    }

    fn revision(&mut self) -> Option<Revision> {
        self.number().map(Revision)
    }

    fn time(&mut self) -> Option<i64> {
        self.take().map(i64::from_be_bytes)
    }

    fn flag(&mut self) -> Option<bool> {
        match self.take()? {
            [0] => Some(false),
            [1] => Some(true),
            [_] => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn examples() -> Vec<(Key, Fact)> {
        let decision = Decision {
            revision: Revision(6),
            digest: [9; 16],
            is_refused: true,
        };
        let position = Position {
            epoch: 2,
            last_sequence: 300,
            revision: Revision(7),
        };
        vec![
            (
                Key::Request([1; 16]),
                Fact::Request(KnownRequest {
                    revision: Revision(5),
                    at_ms: -1,
                }),
            ),
            (
                Key::Tally([2; 16]),
                Fact::Tally(KnownTally {
                    content: [3; 16],
                    revision: Revision(5),
                    is_retracted: true,
                }),
            ),
            (
                Key::Producer([4; 16]),
                Fact::Producer(KnownProducer {
                    position,
                    at_ms: 1_500_000_000_000,
                    known_from: 45,
                }),
            ),
            (
                Key::Decision([4; 16], 44),
                Fact::Decision(Decided {
                    sequence: 300,
                    decision,
                }),
            ),
            (Key::Release(Revision(8)), Fact::Payload(Revision(8), "release".into())),
            (Key::Catalog, Fact::Payload(Revision(1), "catalogue".into())),
            (Key::Clocks, Fact::Clocks(Clocks::default())),
        ]
    }

    #[test]
    fn a_fact_is_read_as_it_was_written() {
        for (key, expected) in examples() {
            let bytes = value(&expected);
            assert_eq!(fact(&key, &bytes), Some(expected), "{key:?}");
            let cut_off = fact(&key, &bytes[..7]);
            assert_eq!(cut_off, None, "{key:?}");
        }
    }

    #[test]
    fn what_is_longer_than_a_fact_is_none() {
        let mut bytes = value(&examples()[1].1);
        bytes.push(0);
        assert_eq!(fact(&Key::Tally([2; 16]), &bytes), None);
    }

    #[test]
    fn keys_sort_as_their_bytes_do() {
        let mut keys: Vec<Key> = examples().into_iter().map(|(key, _)| key).collect();
        keys.extend([
            Key::Release(Revision(0x0100)),
            Key::Decision([4; 16], 255),
            Key::Tally([0; 16]),
        ]);
        keys.sort_unstable();
        let bytes: Vec<_> = keys.iter().map(|of| key(of).as_ref().to_vec()).collect();
        assert!(bytes.is_sorted(), "{bytes:?}");
        assert!(bytes.iter().all(|bytes| bytes[0] > 0), "{bytes:?}");
    }

    #[test]
    fn the_rows_of_requests_tell_their_time_and_others_tell_none() {
        for (of, fact) in examples() {
            let expected = matches!(fact, Fact::Request(_)).then_some(-1);
            assert_eq!(request_time(key(&of).as_ref(), &value(&fact)), expected, "{of:?}");
        }
    }

    #[test]
    fn the_bytes_are_those_of_the_first_format() {
        let of = |fact: &Fact| {
            let bytes = value(fact);
            let digits: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            digits.concat()
        };
        let examples = examples();
        assert_eq!(of(&examples[0].1), "0000000000000005ffffffffffffffff");
        assert_eq!(of(&examples[1].1), "03030303030303030303030303030303000000000000000501");
        assert_eq!(
            of(&examples[2].1),
            "0000000000000002000000000000012c00000000000000070000015d3ef79800000000000000002d"
        );
        assert_eq!(
            of(&examples[3].1),
            "000000000000012c0000000000000006\
             0909090909090909090909090909090901"
        );
    }
}

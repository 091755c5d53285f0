//! Random histories, with restarts, lost tails, restored logs and damaged indexes at random moments.

use std::fs;
use std::path::{Path, PathBuf};

use almanac_event_log::{EventLog, ProducerPosition};
use almanac_model::LogId;
use proptest::collection::vec;
use proptest::prelude::*;

use super::super::Index;
use super::support::{Both, Complaint, RETENTION_MS, Said, empty_log, event_key, limits, log_of, place, records};
use crate::state::facts::{Key, Looked};

const EVENTS: u8 = 10;

/// What happens to the folder of the index while the service is down.
#[derive(Clone, Copy, Debug)]
enum Damage {
    None,
    Gone,
    /// A byte of a file is another.
    Flipped(u16, u16),
    /// A file is cut off.
    CutOff(u16, u16),
    /// It is that of an earlier restart.
    Older,
    /// It is that of another log.
    OtherLog,
}

#[derive(Clone, Debug)]
enum Op {
    Catalog,
    Release(u8),
    Complaints(Vec<Complaint>, Option<u8>),
    Epoch(u8),
    /// A batch of a producer, with one of two digests.
    Batch(u8, u8),
    /// Time goes on.
    Wait(i64),
    /// Nothing becomes durable until it is released.
    Hold,
    Release_,
    /// Events are looked up, for a request that is ordered later.
    LookUp,
    /// What is due goes to the index.
    Index,
    /// The service stops in order, or dies, and starts again.
    Restart(bool, Damage),
    /// The log is restored from a copy that has so many records less, and grows by as many others before the index is opened.
    Restore(u8, bool),
}

fn damage() -> impl Strategy<Value = Damage> {
    prop_oneof![
        6 => Just(Damage::None),
        1 => Just(Damage::Gone),
        3 => any::<(u16, u16)>().prop_map(|(file, byte)| Damage::Flipped(file, byte)),
        1 => any::<(u16, u16)>().prop_map(|(file, byte)| Damage::CutOff(file, byte)),
        2 => Just(Damage::Older),
        1 => Just(Damage::OtherLog),
    ]
}

fn complaints() -> impl Strategy<Value = Vec<Complaint>> {
    let is_retraction = prop_oneof![4 => Just(false), 1 => Just(true)];
    let complaint = (0..EVENTS, 1..3_i64, is_retraction).prop_map(|(event, value, is_retraction)| Complaint {
        event,
        value,
        is_retraction,
    });
    vec(complaint, 1..4)
}

fn ops() -> impl Strategy<Value = Vec<Op>> {
    let op = prop_oneof![
        1 => Just(Op::Catalog),
        1 => any::<u8>().prop_map(Op::Release),
        9 => (complaints(), prop::option::of(0..12_u8)).prop_map(|(complaints, request)| Op::Complaints(complaints, request)),
        1 => (0..3_u8).prop_map(Op::Epoch),
        6 => (0..3_u8, 1..3_u8).prop_map(|(producer, digest)| Op::Batch(producer, digest)),
        3 => (0..RETENTION_MS).prop_map(Op::Wait),
        1 => Just(Op::Hold),
        2 => Just(Op::Release_),
        2 => Just(Op::LookUp),
        6 => Just(Op::Index),
        3 => (any::<bool>(), damage()).prop_map(|(in_order, damage)| Op::Restart(in_order, damage)),
        1 => (0..6_u8, any::<bool>()).prop_map(|(less, regrown)| Op::Restore(less, regrown)),
    ];
    vec(op, 1..80)
}

fn files(root: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(root).into_iter().flatten() {
        let path = entry.expect("the folder can be read").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for file in files(from) {
        let target = to.join(file.strip_prefix(from).expect("in the folder"));
        fs::create_dir_all(target.parent().expect("in a folder")).expect("a folder");
        fs::copy(file, target).expect("the file can be copied");
    }
}

/// Everything that is asked, but some of the requests.
fn keys() -> impl Iterator<Item = Key> {
    let of_producer = |producer: u8| {
        let places = (0..100).map(move |place| Key::Decision([producer; 16], place));
        places.chain([Key::Producer([producer; 16])])
    };
    let requests = (0..6).map(|request| Key::Request([request; 16]));
    (0..EVENTS)
        .map(event_key)
        .chain(requests)
        .chain((0..3).flat_map(of_producer))
}

/// A service that lives through a history.
struct World {
    dir: PathBuf,
    /// The index as it was at an earlier restart.
    older: PathBuf,
    both: Option<Both>,
    looked: Looked,
    now_ms: i64,
}

impl World {
    fn both(&mut self) -> &mut Both {
        self.both.as_mut().expect("it runs")
    }

    fn record(&mut self, said: Said) {
        let now_ms = self.now_ms;
        self.both().record(said, now_ms);
    }

    fn step(&mut self, op: Op) {
        match op {
            Op::Catalog => self.record(Said::Catalog),
            Op::Release(name) => self.record(Said::Release(format!("r-{name}"))),
            Op::Complaints(complaints, request) => {
                let naive = &self.both().naive;
                // the retry of a request is not recorded again
                let request = request.filter(|request| naive.request(&[*request; 16]).is_none());
                self.record(Said::Complaints(complaints, request));
            }
            Op::Epoch(producer) => {
                let producer = [producer; 16];
                let position = self.both().naive.producers.position(&producer);
                let at = ProducerPosition {
                    producer,
                    epoch: position.epoch + 1,
                    sequence: position.last_sequence,
                };
                self.record(Said::Step(at, None));
            }
            Op::Batch(producer, digest) => {
                let producer = [producer; 16];
                let position = self.both().naive.producers.position(&producer);
                let at = ProducerPosition {
                    producer,
                    epoch: position.epoch,
                    sequence: position.last_sequence + 1,
                };
                if position.epoch > 0 {
                    self.record(Said::Step(at, Some([digest; 16])));
                }
            }
            Op::Wait(ms) => self.now_ms += ms,
            Op::Hold => self.both().log.hold(),
            Op::Release_ => self.both().log.release(),
            Op::LookUp => {
                let lookup = self.both().state.lock().expect("no test panics with it").facts.lookup();
                self.looked = lookup.look_up(keys()).expect("the index can be read");
            }
            Op::Index => {
                let writing = self.both().writing.clone();
                writing.step(&mut None, false).expect("the index can be written");
                assert!(self.both().indexed() <= self.both().log.status().borrow().durable);
            }
            Op::Restart(in_order, damage) => self.restart(in_order, damage),
            Op::Restore(less, regrown) => self.restore(less, regrown),
        }
    }

    fn stop(&mut self, in_order: bool) -> Both {
        let both = self.both.take().expect("it runs");
        if in_order {
            both.log.close();
            both.writing.step(&mut None, true).expect("the index can be written");
        }
        self.looked = Looked::default();
        both
    }

    fn restart(&mut self, in_order: bool, damage: Damage) {
        let stopped = self.stop(in_order);
        // what was not durable is lost
        let log = log_of(records(stopped.log.as_ref()));
        drop(stopped);
        self.damage(damage);
        if !self.older.exists() {
            copy_folder(&self.dir, &self.older);
        }
        self.both = Some(Both::open(log, &self.dir));
    }

    fn damage(&mut self, damage: Damage) {
        let files = files(&self.dir);
        let file = |number: u16| files.get(usize::from(number) % files.len().max(1));
        match damage {
            Damage::None => {}
            Damage::Gone => fs::remove_dir_all(&self.dir).expect("it is there"),
            Damage::Flipped(number, byte) => {
                let Some(file) = file(number) else { return };
                let mut bytes = fs::read(file).expect("the file can be read");
                if !bytes.is_empty() {
                    let place = usize::from(byte) % bytes.len();
                    bytes[place] ^= 0x41;
                }
                fs::write(file, bytes).expect("the file can be written");
            }
            Damage::CutOff(number, bytes) => {
                let Some(file) = file(number) else { return };
                let content = fs::read(file).expect("the file can be read");
                let kept = usize::from(bytes) % (content.len() + 1);
                fs::write(file, &content[..kept]).expect("the file can be written");
            }
            Damage::Older => {
                if self.older.exists() {
                    fs::remove_dir_all(&self.dir).expect("it is there");
                    fs::rename(&self.older, &self.dir).expect("the folder can be renamed");
                }
            }
            Damage::OtherLog => {
                if let Ok(index) = Index::open(&self.dir, &limits())
                    && let Some(mut basis) = index.basis()
                {
                    basis.log = LogId::from_bytes([8; 16]);
                    index
                        .rows
                        .write::<&[u8], &[u8], _>(&basis, [])
                        .expect("the index can be written");
                }
            }
        }
    }

    fn restore(&mut self, less: u8, regrown: bool) {
        let stopped = self.stop(true);
        let mut kept = records(stopped.log.as_ref());
        drop(stopped);
        let less = kept.len().min(less.into());
        kept.truncate(kept.len() - less);
        let log = log_of(kept);
        for number in 0..less {
            if regrown {
                self.now_ms += 1;
                let said = Said::Release(format!("other-{number}"));
                log.append(said.record(self.now_ms)).expect("the log takes it");
            }
        }
        self.both = Some(Both::open(log, &self.dir));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 300, ..ProptestConfig::default() })]

    #[test]
    fn with_an_index_the_state_is_what_it_is_without(ops in ops()) {
        let (folder, dir) = place();
        let mut world = World {
            older: folder.path().join("older"),
            both: Some(Both::open(empty_log(), &dir)),
            dir,
            looked: Looked::default(),
            now_ms: 1_000,
        };
        world.record(Said::Catalog);
        for op in ops {
            world.step(op);
            world.both.as_ref().expect("it runs").compare(EVENTS, &world.looked);
        }
    }
}

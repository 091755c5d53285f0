//! What is read is what was written, or nothing is.

mod keeping;

use std::io;
use std::sync::Arc;

use almanac_catalog::{Catalog, CatalogFiles};
use almanac_cube::{Past, Window, WindowSize};
use almanac_model::{
    Batch, BatchBuilder, BatchExtra, BatchSeries, Granularity, LogId, Qualifier, Quality, Release, Revision, Status,
};
use almanac_testkit::generate::world;
use jiff::Timestamp;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};

use super::content::{Checkpoint, ReadError};
use super::file::{FileError, Reader};
use crate::replica::{Content, Derived, Mark, Replica};

const LOG: [u8; 16] = [1; 16];

fn at(millisecond: i64) -> Timestamp {
    Timestamp::from_millisecond(1_500_000_000_000 + millisecond).unwrap()
}

/// A catalogue that fits a screen.
fn small_catalogue(label: &str) -> Content {
    let texts =
        "label = { vi = \"x\", en = \"x\" }\ndefinition = { vi = \"x\", en = \"x\" }\nsource = \"x\"\nowner = \"x\"";
    let metric = |id: &str, method: &str| {
        format!(
            "[[metric]]\nid = \"{id}\"\n{texts}\nkind = \"flow\"\nmethod = \"{method}\"\nunit = \"item\"\n\
             frequency = \"month\"\nlevels = [{{ level = \"province\" }}]\n"
        )
    };
    let head = format!(
        "[catalog]\nid = \"small\"\ntime_zone = \"Asia/Ho_Chi_Minh\"\nlabel = {{ vi = \"x\", en = \"{label}\" }}\nowner = \"x\"\n\
         [[level]]\nid = \"province\"\nlabel = {{ vi = \"x\", en = \"x\" }}\n\
         [[unit]]\nid = \"item\"\nlabel = {{ vi = \"x\", en = \"x\" }}\n"
    );
    let areas = "area,code,name_vi,level,parent,valid_from,valid_to\n1,1,a,province,,2000-01-01,\n";
    let files: CatalogFiles = [
        ("areas.csv", areas.to_owned()),
        (
            "catalog.toml",
            head + &metric("reported", "report") + &metric("tallied", "tally"),
        ),
    ]
    .into_iter()
    .collect();
    Content::Catalog(Arc::new(Catalog::load(&files).unwrap()))
}

/// Two values of each metric, one of them confidential.
fn small_batch(value: i64) -> Batch {
    let mut batch = BatchBuilder::default();
    for metric in ["reported", "tallied"] {
        for month in [570, 575] {
            let series = BatchSeries {
                metric: metric.parse().unwrap(),
                area: "1".parse().unwrap(),
                reporter: "r".parse().unwrap(),
                dimensions: [].into(),
                granularity: Granularity::Month,
                decimals: 0,
            };
            let status = Status {
                quality: Quality::Official,
                qualifier: Qualifier::Exact,
                missing: None,
                confidential: month == 570,
            };
            batch.push(series, month, value, status, BatchExtra::default());
        }
    }
    batch.finish()
}

fn release(name: &str, revision: u64) -> Content {
    Content::Release(Release {
        name: name.parse().unwrap(),
        revision: Revision(revision),
        note: "not kept".to_owned(),
        created_at: at(0),
    })
}

fn apply(replica: &mut Replica, contents: impl IntoIterator<Item = Content>) {
    for content in contents {
        let next = i64::try_from(replica.applied().0).unwrap();
        let mark = Mark::of(at(next), &next.to_be_bytes());
        replica.apply(mark, content).unwrap();
    }
}

/// A replica of eight records: two catalogues, four batches, two releases.
fn small() -> Replica {
    filled(Replica::default())
}

/// The same, which keeps of tallies only what the newest revision did to them.
fn forgetful() -> Replica {
    filled(Replica::keeping(Window::new(WindowSize {
        revisions: 1,
        changes: usize::MAX,
    })))
}

fn filled(mut replica: Replica) -> Replica {
    replica.hear(LogId::from_random(LOG), Revision(8), at(0)).unwrap();
    let records = [
        small_catalogue("first"),
        Content::Events(small_batch(1)),
        Content::Events(small_batch(-7)),
        release("annual-review-2017", 3),
        small_catalogue("second"),
        Content::Events(small_batch(i64::MAX)),
        release("another", 5),
        Content::Events(small_batch(0)),
    ];
    apply(&mut replica, records);
    replica
}

fn checkpoint(replica: &Replica) -> Checkpoint {
    Checkpoint {
        log: replica.log().unwrap(),
        derived: replica.derived().clone(),
    }
}

fn written(replica: &Replica) -> Vec<u8> {
    let (bytes, length) = checkpoint(replica).write(Vec::new()).unwrap();
    assert_eq!(bytes.len() as u64, length);
    bytes
}

fn read(bytes: &[u8]) -> Result<Checkpoint, ReadError> {
    let (checkpoint, length) = Checkpoint::read(bytes)?;
    assert_eq!(bytes.len() as u64, length);
    Ok(checkpoint)
}

/// Fails at what differs.
fn assert_equal(one: &Derived, other: &Derived) {
    let Derived {
        cube,
        catalogs,
        releases,
        times,
        last_record,
    } = one;
    assert_eq!(cube, &other.cube);
    let versions = |catalogs: &[(Revision, Arc<Catalog>)]| {
        let version = |(revision, catalog): &(Revision, Arc<Catalog>)| (*revision, catalog.hash());
        catalogs.iter().map(version).collect::<Vec<_>>()
    };
    assert_eq!(versions(catalogs), versions(&other.catalogs));
    assert_eq!(releases, &other.releases);
    assert_eq!(times, &other.times);
    assert_eq!(last_record, &other.last_record);
}

/// The kinds and contents of the blocks, however they are compressed.
fn blocks(bytes: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut reader = Reader::new(bytes, almanac_cube::ENCODING).unwrap();
    let mut blocks = Vec::new();
    while let Some((kind, content)) = reader.block().unwrap() {
        blocks.push((kind, content.to_vec()));
    }
    blocks
}

#[test]
fn the_golden_file_of_this_format_is_read_and_its_blocks_are_written() {
    let golden = include_bytes!("../../tests/golden/checkpoint-v1-cube-v3.bin");
    let expected = forgetful();
    assert!(!expected.cube().keeps(Past::Whole));
    let found = read(golden).unwrap();
    assert_eq!(found.log, LogId::from_random(LOG));
    assert_equal(&found.derived, expected.derived());
    assert_eq!(blocks(&written(&expected)), blocks(golden));
}

#[test]
fn the_golden_file_of_an_earlier_format_is_refused_for_what_it_is() {
    let goldens: [(&[u8], &str); 2] = [
        (include_bytes!("../../tests/golden/checkpoint-v1-cube-v1.bin"), "(1, 1)"),
        (include_bytes!("../../tests/golden/checkpoint-v1-cube-v2.bin"), "(1, 2)"),
    ];
    for (golden, format) in goldens {
        let refused = read(golden).unwrap_err();
        let expected = format!("it has format {format}, and this version reads (1, 3)");
        assert_eq!(refused.to_string(), expected);
    }
}

#[test]
fn every_flipped_byte_of_a_checkpoint_is_noticed() {
    let mut bytes = written(&small());
    for index in 0..bytes.len() {
        for bits in [0x01, 0x80, 0xff] {
            bytes[index] ^= bits;
            assert!(read(&bytes).is_err(), "byte {index} of {}, {bits:02x}", bytes.len());
            bytes[index] ^= bits;
        }
    }
    assert!(read(&bytes).is_ok(), "it was the flips");
}

#[test]
fn every_cut_of_a_checkpoint_is_noticed_and_so_is_what_comes_after_it() {
    let bytes = written(&small());
    for length in 0..bytes.len() {
        let refused = read(&bytes[..length]).unwrap_err();
        assert!(
            matches!(refused, ReadError::File(FileError::CutOff { .. })),
            "{refused:?}"
        );
    }
    let longer = read(&[&bytes[..], b"\0"].concat()).unwrap_err();
    assert!(
        matches!(longer, ReadError::File(FileError::Longer { .. })),
        "{longer:?}"
    );
}

#[test]
fn blocks_that_are_missing_doubled_or_of_another_checkpoint_are_noticed() {
    let mut other = small();
    let bytes = written(&other);
    apply(&mut other, [Content::Events(small_batch(9))]);
    let later = written(&other);
    let starts = starts(&bytes);
    let later_starts = self::starts(&later);
    for pair in starts.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        let without = [&bytes[..from], &bytes[to..]].concat();
        assert!(read(&without).is_err(), "without the block at {from}");
        let doubled = [&bytes[..to], &bytes[from..]].concat();
        assert!(read(&doubled).is_err(), "the block at {from} twice");
    }
    // the other one begins alike, and from any block on its rest is not the rest of this one
    for (from, later_from) in starts.iter().zip(&later_starts).skip(1) {
        let mixed = [&bytes[..*from], &later[*later_from..]].concat();
        assert!(mixed == bytes || read(&mixed).is_err(), "mixed at {from}");
    }
}

/// Where each block begins, and the end.
fn starts(bytes: &[u8]) -> Vec<usize> {
    let mut reader = Reader::new(bytes, almanac_cube::ENCODING).unwrap();
    let mut starts = vec![reader.bytes()];
    while reader.block().unwrap().is_some() {
        starts.push(reader.bytes());
    }
    starts.push(bytes.len() as u64);
    starts
        .into_iter()
        .map(|start| usize::try_from(start).unwrap())
        .collect()
}

#[test]
fn another_version_is_told_from_damage_and_from_what_is_no_checkpoint() {
    let mut bytes = written(&small());
    bytes[22] = 2;
    let checksum = crc32c::crc32c(&bytes[..27]);
    bytes[27..31].copy_from_slice(&checksum.to_be_bytes());
    let refused = read(&bytes).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "it has format (2, 3), and this version reads (1, 3)"
    );
    let other = read(&[b'x'; 100]).unwrap_err();
    assert!(matches!(other, ReadError::File(FileError::Title)), "{other:?}");
}

#[test]
fn a_disk_that_fails_while_it_is_written_is_an_error() {
    /// Takes so many bytes, and then none.
    struct Full(usize);
    impl io::Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let taken = bytes.len().min(self.0);
            self.0 -= taken;
            Ok(taken)
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let replica = small();
    let whole = written(&replica).len();
    for room in 0..whole {
        assert!(checkpoint(&replica).write(Full(room)).is_err(), "{room} of {whole}");
    }
    assert!(checkpoint(&replica).write(Full(whole)).is_ok());
}

proptest! {
    #![proptest_config(Config { cases: 40, rng_seed: RngSeed::Fixed(83), failure_persistence: None, ..Config::default() })]

    #[test]
    fn a_replica_survives_its_checkpoint_at_any_revision_and_goes_on(world in world(), at in any::<prop::sample::Index>()) {
        let records = || {
            let catalogue = Content::Catalog(Arc::new(world.catalog.clone()));
            let batches = world.log.iter().map(|(_, batch)| Content::Events(batch.clone()));
            [catalogue].into_iter().chain(batches).collect::<Vec<_>>()
        };
        let at = 1 + at.index(world.log.len() + 1);
        let mut replica = Replica::default();
        replica.hear(LogId::from_random(LOG), Revision(at as u64), self::at(0)).unwrap();
        apply(&mut replica, records().into_iter().take(at));
        let bytes = written(&replica);
        let restored = read(&bytes).unwrap();
        assert_equal(&restored.derived, replica.derived());
        let Checkpoint { log, derived } = restored;
        let mut restored = Replica::default();
        restored.resume(log, derived);
        prop_assert_eq!(&written(&restored), &bytes);
        // both go on
        apply(&mut replica, records().into_iter().skip(at));
        apply(&mut restored, records().into_iter().skip(at));
        assert_equal(restored.derived(), replica.derived());
        prop_assert_eq!(written(&restored), written(&replica));
    }
}

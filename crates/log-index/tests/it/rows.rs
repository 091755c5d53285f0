//! What is written is read, and what is forgotten goes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use almanac_log_index::{Forget, IndexError, IndexOptions, LogIndex};

use crate::support::{basis, open, place, value};

#[test]
fn rows_and_basis_are_there_after_they_were_written_and_when_it_is_opened_again() -> Result<(), IndexError> {
    let (_folder, dir) = place();
    let index = open(&dir)?;
    assert_eq!(index.basis(), None);
    index.write(&basis(3), [(b"a".as_slice(), b"1".as_slice()), (b"b", b"2")])?;
    index.write(&basis(5), [(b"b".as_slice(), b"3".as_slice())])?;
    for index in [index, open(&dir)?] {
        assert_eq!(index.basis(), Some(basis(5)));
        assert_eq!(value(&index, b"a")?.as_deref(), Some(b"1".as_slice()));
        assert_eq!(value(&index, b"b")?.as_deref(), Some(b"3".as_slice()));
        assert_eq!(value(&index, b"c")?, None);
        drop(index);
    }
    Ok(())
}

#[test]
fn a_basis_without_rows_is_kept() -> Result<(), IndexError> {
    let (_folder, dir) = place();
    open(&dir)?.write::<&[u8], &[u8], _>(&basis(9), [])?;
    assert_eq!(open(&dir)?.basis(), Some(basis(9)));
    Ok(())
}

#[test]
fn rows_are_found_by_the_beginning_of_their_keys_in_order() -> Result<(), IndexError> {
    let (_folder, dir) = place();
    let index = open(&dir)?;
    index.write(
        &basis(1),
        [(b"aa".as_slice(), b"1".as_slice()), (b"ba", b"2"), (b"bb", b"3")],
    )?;
    index.write(&basis(2), [(b"ab".as_slice(), b"4".as_slice()), (b"ba", b"5")])?;
    let found = [(b"ba".to_vec(), b"5".to_vec()), (b"bb".to_vec(), b"3".to_vec())];
    assert_eq!(index.scan(b"b")?, found);
    Ok(())
}

#[test]
#[should_panic(expected = "rows come in the order of their keys")]
fn rows_out_of_order_are_a_mistake_of_the_caller() {
    let (_folder, dir) = place();
    let index = open(&dir).expect("a new index");
    let _refused = index.write(&basis(1), [(b"b".as_slice(), b"1".as_slice()), (b"a", b"2")]);
}

#[test]
fn what_is_forgotten_leaves_with_the_merges_and_an_older_row_does_not_come_back() -> Result<(), IndexError> {
    let (_folder, dir) = place();
    let below = Arc::new(AtomicU8::new(0));
    let limit = Arc::clone(&below);
    let options = IndexOptions {
        forget: Some(Forget::new(move |key, value| {
            key.starts_with(b"r") && value[0] < limit.load(Ordering::Relaxed)
        })),
        ..IndexOptions::default()
    };
    let index = LogIndex::open(&dir, &options)?;
    for round in 1..=8 {
        index.write(
            &basis(round.into()),
            [(b"kept".as_slice(), [round].as_slice()), (b"r", &[round])],
        )?;
    }
    // every row of a request is older than this
    below.store(9, Ordering::Relaxed);
    for round in 9..=40_u8 {
        index.write(&basis(round.into()), [(b"kept".as_slice(), [round].as_slice())])?;
        index.merge()?;
    }
    assert_eq!(value(&index, b"kept")?.as_deref(), Some([40].as_slice()));
    assert_eq!(value(&index, b"r")?, None);
    Ok(())
}

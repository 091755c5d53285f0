//! A damaged index is refused, when it is opened or when it is read. It never says something that was not written.

use std::fs;
use std::path::Path;

use almanac_log_index::{Basis, FORMAT, IndexError, LogIndex};

use crate::support::{basis, copy_folder, files, open, place, value};

const ROWS: u8 = 60;
/// So many bytes are from one flip to the next; 1 for all, which takes a minute.
const EVERY: usize = 13;

/// Two runs of rows.
fn filled(dir: &Path) -> Result<(), IndexError> {
    let index = open(dir)?;
    for run in 1..=2 {
        let rows: Vec<[u8; 2]> = (1..=ROWS).map(|row| [row, run]).collect();
        index.write(&basis(run.into()), rows.iter().map(|row| (&row[..1], row.as_slice())))?;
    }
    Ok(())
}

/// What an index says: its basis, and the values of its rows.
type Said = (Option<Basis>, Vec<Option<Vec<u8>>>);

/// What it says, or that it refuses to.
fn said(dir: &Path) -> Result<Said, IndexError> {
    let index = open(dir)?;
    let rows = (1..=ROWS + 1).map(|row| value(&index, &[row]));
    Ok((index.basis(), rows.collect::<Result<_, _>>()?))
}

fn whole() -> Said {
    let mut rows: Vec<_> = (1..=ROWS).map(|row| Some(vec![row, 2])).collect();
    rows.push(None);
    (Some(basis(2)), rows)
}

#[test]
fn a_flipped_byte_anywhere_changes_nothing_that_is_said() {
    let (folder, dir) = place();
    filled(&dir).expect("a new index");
    assert_eq!(said(&dir).ok(), Some(whole()));
    let copy = folder.path().join("copy");
    let (mut refused, mut unchanged) = (0, 0);
    for file in files(&dir) {
        let name = file.strip_prefix(&dir).expect("in the folder");
        let bytes = fs::read(&file).expect("the file can be read");
        for offset in (0..bytes.len()).step_by(EVERY) {
            copy_folder(&dir, &copy);
            let mut flipped = bytes.clone();
            flipped[offset] ^= 0x20;
            fs::write(copy.join(name), flipped).expect("the copy can be written");
            match said(&copy) {
                Err(_) => refused += 1,
                Ok(said) => {
                    assert_eq!(said, whole(), "byte {offset} of {}", name.display());
                    unchanged += 1;
                }
            }
            fs::remove_dir_all(&copy).expect("the copy can be removed");
        }
    }
    assert!(refused > 20, "{refused} refused, {unchanged} unchanged");
}

#[test]
fn a_file_that_is_missing_or_cut_off_is_noticed() {
    let (folder, dir) = place();
    filled(&dir).expect("a new index");
    let copy = folder.path().join("copy");
    let mut noticed = 0;
    for file in files(&dir) {
        let name = file.strip_prefix(&dir).expect("in the folder");
        for keep in [None, Some(0), Some(1), Some(20)] {
            copy_folder(&dir, &copy);
            match keep {
                None => fs::remove_file(copy.join(name)).expect("the copy can be changed"),
                Some(bytes) => {
                    let file = fs::OpenOptions::new().write(true).open(copy.join(name));
                    file.and_then(|file| file.set_len(bytes))
                        .expect("the copy can be changed");
                }
            }
            // a list of before that was not removed yet is not asked for
            match said(&copy) {
                Err(_) => noticed += 1,
                Ok(said) => assert_eq!(said, whole(), "{} {keep:?}", name.display()),
            }
            fs::remove_dir_all(&copy).expect("the copy can be removed");
        }
    }
    // of two runs, the list, and what names it
    assert_eq!(noticed, 4 * 4);
}

#[test]
fn a_condemned_index_is_refused_until_it_is_discarded() -> Result<(), IndexError> {
    let (_folder, dir) = place();
    {
        let index = open(&dir)?;
        let rows: Vec<[u8; 4]> = (1..5000_u32)
            .map(|row| (row << 8).to_be_bytes())
            .map(|row| [9, row[1], row[2], 0])
            .collect();
        index.write(&basis(1), rows.iter().map(|row| (row.as_slice(), row.as_slice())))?;
        for table in files(&dir.join("tables")) {
            fs::write(table, b"not what was written").expect("the file can be written");
        }
        index.get(&rows[2500]).expect_err("its blocks are gone");
    }
    let refused = open(&dir).expect_err("it was condemned");
    assert!(refused.to_string().contains("could not be read"), "{refused}");
    LogIndex::discard(&dir)?;
    assert_eq!(open(&dir)?.basis(), None);
    Ok(())
}

#[test]
fn an_index_that_is_discarded_by_halves_is_gone() -> Result<(), IndexError> {
    let (folder, dir) = place();
    filled(&dir)?;
    // a crash came between the two steps of the discarding before
    copy_folder(&dir, &folder.path().join("index.discarded"));
    LogIndex::discard(&dir)?;
    assert_eq!(files(folder.path()), Vec::<std::path::PathBuf>::new());
    LogIndex::discard(&dir)?;
    Ok(())
}

#[test]
fn the_format_is_the_first() {
    // a change of the rows or of their meaning needs another number: what was written before is derived anew
    assert_eq!(FORMAT, 1);
}

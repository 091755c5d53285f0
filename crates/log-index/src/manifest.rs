//! The tree's list of its runs, checked before the tree believes it.
//!
//! ```text
//! current     number of the list u64, xxh3-128 of its file u128, kind of checksum u8, which is 0; little endian
//! v<number>   the list
//! tables/     the runs
//! ```
//!
//! The tree writes the checksum and does not look at it; of a damaged list it believes lengths that no memory has.

use std::fs;
use std::io;
use std::path::Path;

use crate::IndexError;

/// Refuses a folder whose list of runs is damaged or gone. An empty folder, and none, will be an index.
pub(crate) fn check(dir: &Path) -> Result<(), IndexError> {
    let unreadable = |error: &io::Error| IndexError::storage("read", dir, error);
    let current = match fs::read(dir.join("current")) {
        Ok(current) => current,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return if has_runs(dir).map_err(|error| unreadable(&error))? {
                Err(IndexError::damaged(dir, "its list of runs is missing"))
            } else {
                Ok(())
            };
        }
        Err(error) => return Err(unreadable(&error)),
    };
    let (number, checksum) =
        parse(&current).ok_or_else(|| IndexError::damaged(dir, "its list of runs is not named"))?;
    let list = match fs::read(dir.join(format!("v{number}"))) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(IndexError::damaged(dir, "its list of runs is missing"));
        }
        list => list.map_err(|error| unreadable(&error))?,
    };
    if xxhash_rust::xxh3::xxh3_128(&list) == checksum {
        Ok(())
    } else {
        Err(IndexError::damaged(dir, "the checksum of its list of runs is wrong"))
    }
}

fn parse(current: &[u8]) -> Option<(u64, u128)> {
    let (number, rest) = current.split_first_chunk()?;
    let (checksum, kind) = rest.split_first_chunk()?;
    (kind == [0]).then(|| (u64::from_le_bytes(*number), u128::from_le_bytes(*checksum)))
}

fn has_runs(dir: &Path) -> io::Result<bool> {
    match fs::read_dir(dir.join("tables")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        runs => Ok(runs?.next().is_some()),
    }
}

//! The texts that a catalogue is made of.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use sha2::{Digest, Sha256};

/// The files of a catalogue by name, with their text.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct CatalogFiles(BTreeMap<String, String>);

/// The SHA-256 of a catalogue's files: equal hashes, equal definitions.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ContentHash([u8; 32]);

/// Why a text is not a content hash.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{text:?} is not a content hash; give 64 hexadecimal digits")]
pub struct ContentHashError {
    /// The text.
    pub text: String,
}

/// Why a folder could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The folder itself.
    #[error("cannot list {}: {source}", .path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A file in it; one that is not UTF-8 too.
    #[error("cannot read {}: {source}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
}

impl CatalogFiles {
    /// Reads the `*.toml` and `*.csv` files of a folder; others, such as a README, are no part of a catalogue.
    pub fn read_dir(path: &Path) -> Result<Self, ReadError> {
        let folder_error = |source| ReadError::Folder {
            path: path.to_owned(),
            source,
        };
        let mut files = BTreeMap::new();
        for entry in std::fs::read_dir(path).map_err(folder_error)? {
            let file = entry.map_err(folder_error)?.path();
            let of_a_catalogue = file
                .extension()
                .is_some_and(|extension| extension == "toml" || extension == "csv");
            let Some(name) = file.file_name().and_then(|name| name.to_str()) else {
                continue;
            };
            if of_a_catalogue && file.is_file() {
                let text = std::fs::read_to_string(&file).map_err(|source| ReadError::File {
                    path: file.clone(),
                    source,
                })?;
                files.insert(name.to_owned(), text);
            }
        }
        Ok(Self(files))
    }

    /// The text of a file.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Adds a file, or puts another text in its place.
    pub fn insert(&mut self, name: impl Into<String>, text: impl Into<String>) {
        self.0.insert(name.into(), text.into());
    }

    /// The files, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// The hash over all names and texts. Each is preceded by its length, so that no text can be taken for a name.
    #[must_use]
    pub fn hash(&self) -> ContentHash {
        let mut hasher = Sha256::new();
        for part in self.iter().flat_map(|(name, text)| [name, text]) {
            hasher.update((part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        ContentHash(hasher.finalize().into())
    }
}

impl<N: Into<String>, T: Into<String>> FromIterator<(N, T)> for CatalogFiles {
    fn from_iter<I: IntoIterator<Item = (N, T)>>(files: I) -> Self {
        Self(
            files
                .into_iter()
                .map(|(name, text)| (name.into(), text.into()))
                .collect(),
        )
    }
}

impl ContentHash {
    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The hash that [`Self::as_bytes`] gave.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::with_capacity(64);
        for byte in self.0 {
            write!(text, "{byte:02x}")?;
        }
        f.pad(&text)
    }
}

impl fmt::Debug for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContentHash({self})")
    }
}

impl FromStr for ContentHash {
    type Err = ContentHashError;

    fn from_str(text: &str) -> Result<Self, ContentHashError> {
        let error = || ContentHashError { text: text.to_owned() };
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(error());
        }
        let mut bytes = [0; 32];
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[index * 2..index * 2 + 2], 16).map_err(|_| error())?;
        }
        Ok(Self(bytes))
    }
}

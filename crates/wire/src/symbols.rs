//! The texts of a batch, each once, named by position.

use foldhash::fast::RandomState;
use indexmap::IndexSet;

/// The texts of a batch while it is put together.
#[derive(Clone, Debug)]
pub(crate) struct Symbols {
    texts: IndexSet<String, RandomState>,
    text_bytes: usize,
}

impl Default for Symbols {
    /// Position 0 is the empty text: "there is none".
    fn default() -> Self {
        Self {
            texts: IndexSet::from_iter([String::new()]),
            text_bytes: 0,
        }
    }
}

impl Symbols {
    /// The position of a text, which is added when it is not there.
    pub(crate) fn place(&mut self, text: &str) -> u32 {
        if let Some(known) = self.texts.get_index_of(text) {
            return position(known);
        }
        self.text_bytes += text.len();
        position(self.texts.insert_full(text.to_owned()).0)
    }

    /// How many texts there are.
    pub(crate) fn len(&self) -> usize {
        self.texts.len()
    }

    /// What they come to.
    pub(crate) const fn text_bytes(&self) -> usize {
        self.text_bytes
    }

    /// The texts by position.
    pub(crate) fn into_texts(self) -> Vec<String> {
        self.texts.into_iter().collect()
    }
}

/// A position as messages have it. A message does not hold so many that it would not fit.
pub(crate) fn position(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

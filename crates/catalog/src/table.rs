//! Definitions in a stable order, found by name at once.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;

use foldhash::fast::RandomState;

/// Definitions by id.
#[derive(Clone, Debug)]
pub(crate) struct Table<K, V> {
    items: Vec<V>,
    positions: HashMap<K, usize, RandomState>,
}

impl<K: Borrow<str> + Clone + Eq + Hash, V> Table<K, V> {
    /// A table in the order given. Of two items of one id the first is found.
    pub(crate) fn new(items: Vec<V>, id: impl Fn(&V) -> &K) -> Self {
        let mut positions = HashMap::with_capacity_and_hasher(items.len(), RandomState::default());
        for (position, item) in items.iter().enumerate() {
            positions.entry(id(item).clone()).or_insert(position);
        }
        Self { items, positions }
    }

    pub(crate) fn get(&self, id: &str) -> Option<&V> {
        self.items.get(self.position(id)?)
    }

    pub(crate) fn position(&self, id: &str) -> Option<usize> {
        self.positions.get(id).copied()
    }

    pub(crate) fn items(&self) -> &[V] {
        &self.items
    }

    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }
}

impl<K: Borrow<str> + Clone + Eq + Hash + Ord, V> Table<K, V> {
    /// A table in the order of the ids.
    pub(crate) fn sorted(mut items: Vec<V>, id: impl Fn(&V) -> &K) -> Self {
        items.sort_by(|left, right| id(left).cmp(id(right)));
        Self::new(items, id)
    }
}

//! Rows that nobody will ask for any more leave the disk when their runs are merged.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use lsm_tree::compaction::filter::{CompactionFilter, Context, Factory, ItemAccessor, Verdict};

type Test = dyn Fn(&[u8], &[u8]) -> bool + Send + Sync;

/// Says of a row, by key and value, whether it may go. What may go once may go for ever.
///
/// When a row goes is not said: whoever reads it has to know by itself that it is forgotten.
#[derive(Clone)]
pub struct Forget(Arc<Test>);

impl Forget {
    /// Forgets the rows for which `test` is true.
    pub fn new(test: impl Fn(&[u8], &[u8]) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(test))
    }

    pub(crate) fn factory(self) -> Arc<dyn Factory> {
        Arc::new(Filters(AssertUnwindSafe(self)))
    }
}

impl fmt::Debug for Forget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Forget")
    }
}

/// The tree wants a factory that a panic leaves usable; the index is condemned after one.
struct Filters(AssertUnwindSafe<Forget>);

impl Factory for Filters {
    fn name(&self) -> &'static str {
        "forget"
    }

    fn make_filter(&self, _: &Context) -> Box<dyn CompactionFilter> {
        Box::new(Filter(self.0.0.clone()))
    }
}

struct Filter(Forget);

impl CompactionFilter for Filter {
    fn filter_item(&mut self, item: ItemAccessor<'_>, _: &Context) -> lsm_tree::Result<Verdict> {
        let forgotten = (self.0.0)(item.key(), &item.value()?);
        Ok(if forgotten { Verdict::Remove } else { Verdict::Keep })
    }
}

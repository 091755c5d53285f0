//! Questions that need more of the past than the cube has: they are found out, and answered from another cube.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use almanac_model::{MetricId, Revision};

use crate::{Cube, MetricCube};

/// What of the past a question needs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Past {
    /// What every value was as of this revision, and as of later ones.
    AsOf(Revision),
    /// Every version that the values ever had.
    Whole,
}

/// The metrics that were taken out of a cube, and whether a question needed one of them.
#[derive(Debug, Default)]
pub struct Lacking {
    metrics: BTreeSet<MetricId>,
    asked: AtomicBool,
}

impl Past {
    fn is_kept_by(self, metric: &MetricCube) -> bool {
        match self {
            Self::AsOf(revision) => metric.floor() <= revision,
            Self::Whole => metric.floor() == Revision::EMPTY,
        }
    }
}

impl Lacking {
    /// Whether one of the metrics was looked for: what came of that is of no use.
    #[must_use]
    pub fn was_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }

    pub(crate) fn ask(&self, metric: &MetricId) {
        if self.metrics.contains(metric) {
            self.asked.store(true, Ordering::Relaxed);
        }
    }
}

impl Cube {
    /// Whether it has that past of every metric.
    #[must_use]
    pub fn keeps(&self, past: Past) -> bool {
        self.metrics.values().all(|metric| past.is_kept_by(metric))
    }

    /// The metrics of which it has that past, and what tells whether others were looked for. It costs a look at each metric.
    #[must_use]
    pub fn only_with(&self, past: Past) -> (Self, Arc<Lacking>) {
        let mut kept = self.metrics.clone();
        kept.retain(|_, metric| past.is_kept_by(metric));
        let gone = self.metrics.keys().filter(|id| !kept.contains_key(*id)).cloned();
        let lacking = Arc::new(Lacking {
            metrics: gone.collect(),
            asked: AtomicBool::new(false),
        });
        let cube = Self {
            metrics: kept,
            lacking: Some(Arc::clone(&lacking)),
        };
        (cube, lacking)
    }

    /// The same with the tallies of another cube in the place of its own that were folded.
    #[must_use]
    pub fn with_tallies_of(&self, other: &Self) -> Self {
        let mut metrics = self.metrics.clone();
        metrics.retain(|_, metric| Past::Whole.is_kept_by(metric));
        let others = other
            .metrics
            .iter()
            .map(|(id, metric)| (id.clone(), Arc::clone(metric)));
        metrics.extend(others);
        Self { metrics, lacking: None }
    }
}

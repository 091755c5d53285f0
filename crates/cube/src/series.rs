//! One series: a column of newest cells by period, and what they superseded.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use almanac_catalog::Method;
use almanac_model::{AreaId, BatchSeries, Code, ReporterId, Revision, Status};

use crate::columns::Columns;
use crate::tally::Tally;

/// What tells the series of one metric apart.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct SeriesKey {
    /// Where.
    pub area: AreaId,
    /// The code of each dimension, in the order of the dimensions' ids.
    pub codes: Vec<Code>,
    /// Who reports.
    pub reporter: ReporterId,
}

/// One version of one value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Cell {
    /// In units of `10^-decimals`; the total so far for a tally. Meaningless when the status says missing.
    pub value: i128,
    /// Quality, qualifier, missing reason.
    pub status: Status,
    /// The revision that made this version.
    pub revision: Revision,
}

/// What one revision did to one value.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Write {
    /// The revision.
    pub revision: Revision,
    /// What the value was before; `None` when there was none, or it was withdrawn.
    pub before: Option<Cell>,
    /// What it was from then on; `None` when the revision withdrew it.
    pub after: Option<Cell>,
    /// How many events it recorded for the value.
    pub recorded: u32,
    /// How many it took back.
    pub taken_back: u32,
}

/// One version of one cell, with what is not a value: that the value was withdrawn, and by how many events it was made.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Version {
    pub(crate) revision: Revision,
    pub(crate) content: Option<(i128, Status)>,
    pub(crate) recorded: u32,
    pub(crate) taken_back: u32,
}

/// The values of one series.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Series {
    key: SeriesKey,
    /// The place of its codes among the metric's combinations.
    combination: u32,
    /// The place of its reporter among the metric's.
    reporter: u32,
    newest: Columns,
    /// Earlier versions by period, the oldest first. Most cells have none.
    superseded: BTreeMap<i32, Vec<Version>>,
    /// What the newest total of a tally was added up from.
    tallies: BTreeMap<i32, Tally>,
}

/// One event of a batch, as a series takes it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) period: i32,
    pub(crate) value: i128,
    pub(crate) status: Status,
    pub(crate) is_retraction: bool,
}

impl SeriesKey {
    /// The key of a batch's series.
    #[must_use]
    pub fn of(series: &BatchSeries) -> Self {
        Self {
            area: series.area.clone(),
            codes: series.dimensions.iter().map(|(_, code)| code.clone()).collect(),
            reporter: series.reporter.clone(),
        }
    }
}

impl Series {
    pub(crate) fn new(key: SeriesKey, combination: u32, reporter: u32) -> Self {
        Self {
            key,
            combination,
            reporter,
            newest: Columns::default(),
            superseded: BTreeMap::new(),
            tallies: BTreeMap::new(),
        }
    }

    /// What series it is.
    #[must_use]
    pub fn key(&self) -> &SeriesKey {
        &self.key
    }

    /// The place of its codes among [`MetricCube::combinations`](crate::MetricCube::combinations).
    #[must_use]
    pub fn combination(&self) -> usize {
        self.combination as usize
    }

    /// The place of its reporter among [`MetricCube::reporters`](crate::MetricCube::reporters).
    #[must_use]
    pub fn reporter(&self) -> usize {
        self.reporter as usize
    }

    pub(crate) fn record(&mut self, revision: Revision, entry: Entry, method: Method) {
        let content = match method {
            Method::Tally => self.tally(entry),
            Method::Report => (!entry.is_retraction).then_some((entry.value, entry.status)),
        };
        let earlier = self.newest.get(entry.period);
        // within one revision a cell changes in place: a revision is read whole or not at all
        let same = earlier.filter(|version| version.revision == revision);
        let (recorded, taken_back) = same.map_or((0, 0), |version| (version.recorded, version.taken_back));
        let version = Version {
            revision,
            content,
            recorded: recorded.saturating_add(u32::from(!entry.is_retraction)),
            taken_back: taken_back.saturating_add(u32::from(entry.is_retraction)),
        };
        self.newest.put(entry.period, version);
        if same.is_none()
            && let Some(earlier) = earlier
        {
            self.superseded.entry(entry.period).or_default().push(earlier);
        }
    }

    fn tally(&mut self, entry: Entry) -> Option<(i128, Status)> {
        let tally = self.tallies.entry(entry.period).or_default();
        if entry.is_retraction {
            tally.take_back(entry.value, entry.status);
        } else {
            tally.add(entry.value, entry.status);
        }
        tally.value()
    }

    /// Sees to it that values of so many later periods can be recorded without moving those that are there.
    pub(crate) fn reserve(&mut self, count: usize) {
        self.newest.reserve(count);
    }

    /// The value of a period as of a revision; `None` when nothing was recorded by then, or when it was withdrawn.
    #[must_use]
    pub fn cell(&self, period: i32, as_of: Revision) -> Option<Cell> {
        let newest = self.newest.get(period)?;
        if newest.revision <= as_of {
            return newest.cell();
        }
        let earlier = self.superseded.get(&period)?;
        earlier.iter().rev().find(|version| version.revision <= as_of)?.cell()
    }

    /// The value of a period as of a revision, and its status: [`Self::cell`] for who does not ask who changed it.
    #[must_use]
    pub fn value(&self, period: i32, as_of: Revision) -> Option<(i128, Status)> {
        if self.newest.is_newer_than(as_of) {
            let cell = self.cell(period, as_of)?;
            return Some((cell.value, cell.status));
        }
        self.newest.value(period)
    }

    /// The periods among which all its values are.
    #[must_use]
    pub fn periods(&self) -> RangeInclusive<i32> {
        self.newest.periods()
    }

    /// Every version that the value of a period ever had, the oldest first: the revision that made it, and the value, or
    /// `None` where it was withdrawn.
    pub fn vintages(&self, period: i32) -> impl Iterator<Item = (Revision, Option<Cell>)> + '_ {
        let earlier = self.superseded.get(&period).into_iter().flatten().copied();
        earlier
            .chain(self.newest.get(period))
            .map(|version| (version.revision, version.cell()))
    }

    /// What each revision up to one did to the value of a period, the oldest first.
    pub fn writes(&self, period: i32, as_of: Revision) -> impl Iterator<Item = Write> + '_ {
        let earlier = self.superseded.get(&period).into_iter().flatten().copied();
        let versions = earlier.chain(self.newest.get(period));
        let seen = versions.take_while(move |version| version.revision <= as_of);
        seen.scan(None, |before, version| {
            let after = version.cell();
            Some(Write {
                revision: version.revision,
                before: std::mem::replace(before, after),
                after,
                recorded: version.recorded,
                taken_back: version.taken_back,
            })
        })
    }

    /// Every version of every value, by period and the oldest first.
    pub(crate) fn history(&self) -> impl Iterator<Item = (i32, Version)> + '_ {
        self.periods().flat_map(|period| {
            let earlier = self.superseded.get(&period).into_iter().flatten().copied();
            let versions = earlier.chain(self.newest.get(period));
            versions.map(move |version| (period, version))
        })
    }

    /// What the newest totals were added up from, by period.
    pub(crate) fn tallies(&self) -> impl Iterator<Item = (i32, Tally)> + '_ {
        let tally = |period| self.tallies.get(&period).map(|tally| (period, *tally));
        self.periods().filter_map(tally)
    }

    /// Puts back the version that comes after those that are there, as [`Self::history`] gave it.
    pub(crate) fn restore(&mut self, period: i32, version: Version) {
        if let Some(earlier) = self.newest.put(period, version) {
            self.superseded.entry(period).or_default().push(earlier);
        }
    }

    /// Puts back what a total was added up from.
    pub(crate) fn restore_tally(&mut self, period: i32, tally: Tally) {
        self.tallies.insert(period, tally);
    }

    /// The status of a stretch in which, as of a revision, every period has a value of that status; `None` elsewhere, where one
    /// has to look at the cells.
    #[must_use]
    pub fn status(&self, periods: &RangeInclusive<i32>, as_of: Revision) -> Option<Status> {
        self.newest.status(periods, as_of)
    }

    /// The total of such a stretch, and its status. It costs a fraction of looking at the cells.
    #[must_use]
    pub fn total(&self, periods: &RangeInclusive<i32>, as_of: Revision) -> Option<(i128, Status)> {
        self.newest.total(periods, as_of)
    }

    /// The values in a range of periods as of a revision, the earliest first; periods without one are left out.
    #[must_use = "an iterator does nothing until it is read"]
    pub fn cells(
        &self,
        periods: RangeInclusive<i32>,
        as_of: Revision,
    ) -> impl DoubleEndedIterator<Item = (i32, Cell)> + '_ {
        let all = self.newest.periods();
        let (from, to) = ((*periods.start()).max(*all.start()), (*periods.end()).min(*all.end()));
        (from..=to).filter_map(move |period| Some((period, self.cell(period, as_of)?)))
    }
}

impl Version {
    fn cell(self) -> Option<Cell> {
        let (value, status) = self.content?;
        Some(Cell {
            value,
            status,
            revision: self.revision,
        })
    }
}

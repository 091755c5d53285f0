//! One series: what it is, and every version of its values.

use std::hash::{Hash, Hasher};
use std::ops::RangeInclusive;

use almanac_model::{AreaId, BatchSeries, Code, ReporterId, Revision, Status};
use hashbrown::Equivalent;

use crate::block::{Block, Kind};
use crate::columns::Columns;
use crate::sheet::Sheet;
use crate::tally::Tally;

/// What tells the series of one metric apart.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct SeriesKey {
    /// Where.
    pub area: AreaId,
    /// The code of each dimension, in the order of the dimensions' ids.
    pub codes: Vec<Code>,
    /// Who reports.
    pub reporter: ReporterId,
}

/// The key of a batch's series as it stands there: to look for it, nothing has to be put together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Named<'a>(pub(crate) &'a BatchSeries);

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

/// The values of one series: a column of a block.
#[derive(Clone, Copy, Debug)]
pub struct Series<'a> {
    block: &'a Block,
    column: u8,
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

impl Hash for SeriesKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        hash((&self.area, self.codes.iter(), &self.reporter), state);
    }
}

impl Hash for Named<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let Self(series) = self;
        hash((&series.area, self.codes(), &series.reporter), state);
    }
}

impl Equivalent<SeriesKey> for Named<'_> {
    fn equivalent(&self, key: &SeriesKey) -> bool {
        let Self(series) = self;
        series.area == key.area && self.codes().eq(&key.codes) && series.reporter == key.reporter
    }
}

impl Named<'_> {
    fn codes(&self) -> impl Iterator<Item = &Code> {
        self.0.dimensions.iter().map(|(_, code)| code)
    }
}

/// One hash for a key, however it is at hand. All keys of a metric have the same number of codes.
fn hash<'a>((area, codes, reporter): (&AreaId, impl Iterator<Item = &'a Code>, &ReporterId), state: &mut impl Hasher) {
    area.hash(state);
    codes.for_each(|code| code.hash(state));
    reporter.hash(state);
}

impl<'a> Series<'a> {
    pub(crate) const fn new(block: &'a Block, column: u8) -> Self {
        Self { block, column }
    }

    /// The series beside which it lies, itself among them.
    #[must_use]
    pub const fn block(&self) -> &'a Block {
        self.block
    }

    /// Whether both are one series of one cube.
    #[must_use]
    pub fn is_same(&self, other: Self) -> bool {
        std::ptr::eq(self.block, other.block) && self.column == other.column
    }

    /// What series it is.
    #[must_use]
    pub fn key(&self) -> &'a SeriesKey {
        &self.block.head(self.column).key
    }

    /// What it has in common with series of other areas.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.block.head(self.column).kind
    }

    /// The place of its reporter among [`MetricCube::reporters`](crate::MetricCube::reporters).
    #[must_use]
    pub fn reporter(&self) -> usize {
        self.kind().reporter as usize
    }

    /// It alone among those of its block.
    #[must_use]
    pub const fn columns(&self) -> Columns {
        Columns::one(self.column)
    }

    /// The value of a period as of a revision; `None` when nothing was recorded by then, or when it was withdrawn.
    #[must_use]
    pub fn cell(&self, period: i32, as_of: Revision) -> Option<Cell> {
        self.block.sheet(period)?.cell(self.column, period, as_of)
    }

    /// The periods among which all its values are.
    #[must_use]
    pub fn periods(&self) -> RangeInclusive<i32> {
        let mut sheets = self.block.sheets().map(Sheet::periods);
        let Some(first) = sheets.next() else {
            return RangeInclusive::new(0, -1);
        };
        let last = sheets.next_back().unwrap_or_else(|| first.clone());
        *first.start()..=*last.end()
    }

    /// Every version that the value of a period ever had, the oldest first: the revision that made it, and the value, or
    /// `None` where it was withdrawn.
    pub fn vintages(&self, period: i32) -> impl Iterator<Item = (Revision, Option<Cell>)> + use<'a> {
        self.versions(period).map(|version| (version.revision, version.cell()))
    }

    /// What each revision up to one did to the value of a period, the oldest first.
    pub fn writes(&self, period: i32, as_of: Revision) -> impl Iterator<Item = Write> + use<'a> {
        let seen = self
            .versions(period)
            .take_while(move |version| version.revision <= as_of);
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

    fn versions(&self, period: i32) -> impl Iterator<Item = Version> + use<'a> {
        let column = self.column;
        let sheet = self.block.sheet(period).into_iter();
        sheet.flat_map(move |sheet| sheet.versions(column, period))
    }

    /// Every version of every value, by period and the oldest first.
    pub(crate) fn history(&self) -> impl Iterator<Item = (i32, Version)> + use<'a> {
        let column = self.column;
        self.block.sheets().flat_map(move |sheet| {
            let versions = move |period| sheet.versions(column, period).map(move |version| (period, version));
            sheet.periods().flat_map(versions)
        })
    }

    /// What the newest totals were added up from, by period.
    pub(crate) fn tallies(&self) -> impl Iterator<Item = (i32, Tally)> + use<'a> {
        let column = self.column;
        self.block.sheets().flat_map(move |sheet| sheet.tallies(column))
    }

    /// The values in a range of periods as of a revision, the earliest first; periods without one are left out.
    #[must_use = "an iterator does nothing until it is read"]
    pub fn cells(
        &self,
        periods: RangeInclusive<i32>,
        as_of: Revision,
    ) -> impl DoubleEndedIterator<Item = (i32, Cell)> + use<'a> {
        let column = self.column;
        self.block.sheets().flat_map(move |sheet| {
            let all = sheet.periods();
            let (from, to) = ((*periods.start()).max(*all.start()), (*periods.end()).min(*all.end()));
            (from..=to).filter_map(move |period| Some((period, sheet.cell(column, period, as_of)?)))
        })
    }
}

impl Version {
    pub(crate) fn cell(self) -> Option<Cell> {
        let (value, status) = self.content?;
        Some(Cell {
            value,
            status,
            revision: self.revision,
        })
    }
}

//! The cube as bytes and back: what a checkpoint of it is made of.
//!
//! The bytes come in pieces of some ten thousand, so that nobody has to hold all of them at once; a piece is read whole or
//! not at all. Where the pieces lie, and how damage is noticed, is the caller's business.
//!
//! ```text
//! piece      item*
//! item       1 metric      id, granularity               what follows is of this metric
//!            2 series      area, n, n codes, reporter    sheets that follow are of the block in which this series is
//!            3 sheet       first period, series, periods, values, revisions, states
//!            4 events      n, then of each: place, events recorded, taken back      of what was not made by one event
//!            5 superseded  n, then n versions                                       by place, the oldest first
//!            6 tallies     n, then of each: place, total, events by quality (3) and by qualifier (4), confidential ones
//!            7 secrets     n, then of each: the index of a series of the metric, a period
//!            8 folded      from which revision on the past is whole, the first confidential one before, 0 for none
//! numbers    bytes of each u8, then each less the one of its series in the period before, the lowest byte first
//! states     the first, how many have it from the first on, then the others u8
//! place      column, period
//! version    flags u8, then unless the flags say that it is as it was in the version before:
//!            place, revision as difference, status u8, value as difference, events recorded, taken back
//! ```
//!
//! Values, revisions and states come period by period, of each as many as the sheet has series. Other numbers and texts are laid out
//! in `encoding/bytes.rs`. Metrics come by id, everything else in the order of the cube. Differences are those from the version
//! before it in the same item.
//!
//! A sheet comes as it lies, because a start takes as long as this takes to be read: for ten years of `almanac bench`, 153 million
//! values, it took one to two seconds so, and nine to twelve by series and version, difference by difference.

mod bytes;
mod decoder;

use std::sync::Arc;

use almanac_model::{Calendar, ClosingDay, Granularity, MetricId, MonthUnit, Revision, Status, YearName};

use crate::fold::Folded;
use crate::metric::Place;
use crate::series::Version;
use crate::sheet::{self, Sheet};
use crate::tally::Tally;
use crate::{Cube, SeriesKey};
pub(crate) use bytes::{Reader, put_number, put_signed};
use bytes::{put_text, put_wide};

pub use decoder::{CubeDecoder, DecodeError};

/// The version of the bytes, for those who keep them. It counts up when the layout changes, and also when the same batches
/// come to another cube: what was derived by other rules must not be taken for what would be derived now.
pub const ENCODING: u32 = 3;

/// From this size on a piece is handed over.
const PIECE_BYTES: usize = 64 << 10;
/// So many versions, tallies or the like are in one item at most; so a piece is not much longer than it has to be.
const RUN: usize = 1024;

const METRIC: u8 = 1;
const SERIES: u8 = 2;
const SHEET: u8 = 3;
const EVENTS: u8 = 4;
const SUPERSEDED: u8 = 5;
const TALLIES: u8 = 6;
const SECRETS: u8 = 7;
const FOLDED: u8 = 8;

/// The standard granularities by their place in [`Granularity::ALL`]; then custom ones, with their calendar.
const CUSTOM: u8 = 6;
const UNITS: [MonthUnit; 4] = [MonthUnit::Month, MonthUnit::Quarter, MonthUnit::Half, MonthUnit::Year];

/// What a version's flags say.
mod flag {
    /// The place is that of the version before.
    pub(super) const SAME_PLACE: u8 = 1;
    /// The place is that of the period after.
    pub(super) const NEXT_PERIOD: u8 = 2;
    /// The revision is that of the version before.
    pub(super) const SAME_REVISION: u8 = 4;
    /// There is a value; without it the revision withdrew it.
    pub(super) const VALUE: u8 = 8;
    /// The status is that of the value before.
    pub(super) const SAME_STATUS: u8 = 16;
    /// One event was recorded, none taken back.
    pub(super) const ONE_EVENT: u8 = 32;
}

impl Cube {
    /// Hands over the whole cube as bytes, piece by piece. [`CubeDecoder`] makes an equal cube of them.
    ///
    /// It takes a clone, and lets go of the series of an area when their bytes are made: from then on the original is changed
    /// without copying them.
    pub fn encode<E>(self, emit: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        let mut pieces = Pieces {
            piece: Vec::with_capacity(2 * PIECE_BYTES),
            emit,
        };
        let mut metrics: Vec<_> = self.metrics.into_iter().collect();
        metrics.sort_by(|(one, _), (other, _)| one.cmp(other));
        for (id, metric) in metrics {
            pieces.item(|bytes| put_metric(bytes, &id, metric.granularity()))?;
            if metric.folded() != Folded::default() {
                pieces.item(|bytes| put_folded(bytes, metric.folded()))?;
            }
            let (blocks, secrets) = Arc::unwrap_or_clone(metric).into_parts();
            let (mut firsts, mut count) = (Vec::with_capacity(blocks.len()), 0);
            for block in blocks {
                firsts.push(count);
                count += block.all_series().len();
                for series in block.all_series() {
                    pieces.item(|bytes| put_key(bytes, series.key()))?;
                }
                for sheet in block.sheets() {
                    pieces.item(|bytes| put_sheet(bytes, sheet))?;
                    pieces.runs(sheet.all_events(), put_events)?;
                    pieces.runs(sheet.all_superseded(), put_superseded)?;
                    pieces.runs(sheet.all_tallies(), put_tallies)?;
                }
            }
            let index = |place: &Place| firsts[place.block as usize] + usize::from(place.column);
            let secrets = secrets.iter().map(|(place, period)| (index(place), *period));
            pieces.runs(secrets, put_secrets)?;
        }
        pieces.hand_over()
    }
}

/// Where the items go.
struct Pieces<F> {
    piece: Vec<u8>,
    emit: F,
}

impl<E, F: FnMut(&[u8]) -> Result<(), E>> Pieces<F> {
    fn item(&mut self, put: impl FnOnce(&mut Vec<u8>)) -> Result<(), E> {
        put(&mut self.piece);
        if self.piece.len() < PIECE_BYTES {
            return Ok(());
        }
        self.hand_over()
    }

    /// Items of at most [`RUN`] things each; none when there is nothing.
    fn runs<T>(&mut self, mut all: impl Iterator<Item = T>, put: fn(&mut Vec<u8>, &[T])) -> Result<(), E> {
        loop {
            let run: Vec<T> = all.by_ref().take(RUN).collect();
            if run.is_empty() {
                return Ok(());
            }
            self.item(|bytes| put(bytes, &run))?;
        }
    }

    fn hand_over(&mut self) -> Result<(), E> {
        if !self.piece.is_empty() {
            (self.emit)(&self.piece)?;
            self.piece.clear();
        }
        Ok(())
    }
}

fn put_metric(bytes: &mut Vec<u8>, id: &MetricId, granularity: Granularity) {
    bytes.push(METRIC);
    put_text(bytes, id.as_str());
    let place = |kind: Granularity| Granularity::ALL.iter().position(|known| *known == kind);
    let small = |place: Option<usize>| place.and_then(|place| u8::try_from(place).ok()).unwrap_or(u8::MAX);
    match granularity {
        Granularity::Custom(calendar, unit) => {
            bytes.push(CUSTOM + small(UNITS.iter().position(|known| *known == unit)));
            put_calendar(bytes, calendar);
        }
        standard => bytes.push(small(place(standard))),
    }
}

fn put_folded(bytes: &mut Vec<u8>, Folded { floor, confidential }: Folded) {
    bytes.push(FOLDED);
    put_number(bytes, floor.0);
    put_number(bytes, confidential.unwrap_or_default().0);
}

fn put_calendar(bytes: &mut Vec<u8>, calendar: Calendar) {
    put_text(bytes, calendar.id());
    let closing = |day: ClosingDay| day.day().unwrap_or(0);
    bytes.extend(calendar.closing_days().map(closing));
    bytes.push(calendar.first_month());
    bytes.push(u8::from(calendar.named_by() == YearName::End));
}

fn put_key(bytes: &mut Vec<u8>, key: &SeriesKey) {
    let SeriesKey { area, codes, reporter } = key;
    bytes.push(SERIES);
    put_text(bytes, area.as_str());
    put_number(bytes, codes.len() as u64);
    for code in codes {
        put_text(bytes, code.as_str());
    }
    put_text(bytes, reporter.as_str());
}

fn put_sheet(bytes: &mut Vec<u8>, sheet: &Sheet) {
    bytes.push(SHEET);
    sheet.put_all(bytes);
}

fn put_events(bytes: &mut Vec<u8>, all: &[(sheet::Place, (u32, u32))]) {
    bytes.push(EVENTS);
    put_number(bytes, all.len() as u64);
    for (place, (recorded, taken_back)) in all {
        put_place(bytes, *place);
        put_number(bytes, u64::from(*recorded));
        put_number(bytes, u64::from(*taken_back));
    }
}

fn put_place(bytes: &mut Vec<u8>, (column, period): sheet::Place) {
    bytes.push(column);
    put_signed(bytes, i64::from(period));
}

/// The version before, from which the next one differs.
#[derive(Clone, Copy, Default)]
struct Before {
    place: sheet::Place,
    revision: Revision,
    value: i128,
    status: Option<Status>,
}

impl Before {
    /// The place of the period after.
    fn next(&self) -> Option<sheet::Place> {
        let (column, period) = self.place;
        Some((column, period.checked_add(1)?))
    }
}

fn put_superseded(bytes: &mut Vec<u8>, versions: &[(sheet::Place, Version)]) {
    bytes.push(SUPERSEDED);
    put_number(bytes, versions.len() as u64);
    let mut before = Before::default();
    for (place, version) in versions {
        put_version(bytes, *place, version, &mut before);
    }
}

fn put_version(bytes: &mut Vec<u8>, place: sheet::Place, version: &Version, before: &mut Before) {
    let Version {
        revision,
        content,
        recorded,
        taken_back,
    } = *version;
    let mut flags = 0;
    let mut set = |when: bool, bit: u8| flags |= if when { bit } else { 0 };
    set(place == before.place, flag::SAME_PLACE);
    set(Some(place) == before.next(), flag::NEXT_PERIOD);
    set(revision == before.revision, flag::SAME_REVISION);
    set(content.is_some(), flag::VALUE);
    set(
        content.is_some_and(|(_, status)| before.status == Some(status)),
        flag::SAME_STATUS,
    );
    set((recorded, taken_back) == (1, 0), flag::ONE_EVENT);
    bytes.push(flags);
    if flags & (flag::SAME_PLACE | flag::NEXT_PERIOD) == 0 {
        put_place(bytes, place);
    }
    if flags & flag::SAME_REVISION == 0 {
        put_signed(bytes, revision.0.wrapping_sub(before.revision.0).cast_signed());
    }
    if let Some((value, status)) = content {
        if flags & flag::SAME_STATUS == 0 {
            bytes.push(status.bits());
        }
        put_wide(bytes, value.wrapping_sub(before.value));
        (before.value, before.status) = (value, Some(status));
    }
    if flags & flag::ONE_EVENT == 0 {
        put_number(bytes, u64::from(recorded));
        put_number(bytes, u64::from(taken_back));
    }
    (before.place, before.revision) = (place, revision);
}

fn put_tallies(bytes: &mut Vec<u8>, tallies: &[(sheet::Place, Tally)]) {
    bytes.push(TALLIES);
    put_number(bytes, tallies.len() as u64);
    for (place, tally) in tallies {
        let Tally {
            total,
            by_quality,
            by_qualifier,
            confidential,
        } = tally;
        put_place(bytes, *place);
        put_wide(bytes, *total);
        let counts = by_quality.iter().chain(by_qualifier).chain([confidential]);
        counts.for_each(|count| put_signed(bytes, i64::from(*count)));
    }
}

fn put_secrets(bytes: &mut Vec<u8>, secrets: &[(usize, i32)]) {
    bytes.push(SECRETS);
    put_number(bytes, secrets.len() as u64);
    for (index, period) in secrets {
        put_number(bytes, *index as u64);
        put_signed(bytes, i64::from(*period));
    }
}

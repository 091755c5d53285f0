//! A sheet as bytes and back; which bytes, `encoding.rs` of this crate says.

use almanac_model::{Revision, Status};

use super::states::{NOTHING, States, WITHDRAWN};
use super::{Numbers, PERIODS, Place, Sheet};
use crate::encoding::{DecodeError, Reader, put_number, put_signed};
use crate::series::Version;
use crate::tally::Tally;

const NO_VALUE: DecodeError = DecodeError::Order("something of no value");

impl Sheet {
    /// The newest versions, column by column. What is rare is not among them.
    pub(crate) fn put_all(&self, bytes: &mut Vec<u8>) {
        put_signed(bytes, i64::from(self.first));
        put_number(bytes, self.width as u64);
        put_number(bytes, (self.states.len() / self.width.max(1)) as u64);
        self.values.put(bytes, self.width);
        self.revisions.put(bytes, self.width);
        self.states.put_all(bytes);
    }

    /// The sheet that was put, of a block with at most so many series.
    pub(crate) fn read(reader: &mut Reader<'_>, most: usize) -> Result<Self, DecodeError> {
        let first: i32 = reader.narrow_signed()?;
        let (width, rows): (usize, i32) = (reader.narrow()?, reader.narrow()?);
        let fits = (1..=PERIODS - first.rem_euclid(PERIODS)).contains(&rows) && (1..=most).contains(&width);
        let cells = usize::try_from(rows).ok().filter(|_| fits).map(|rows| rows * width);
        let cells = cells.ok_or(DecodeError::Order("a sheet that is none"))?;
        let values = Numbers::read(reader, cells, width)?;
        let revisions = Numbers::read(reader, cells, width)?;
        let states = States::read(reader, cells)?;
        let is_known = |state: u8| [NOTHING, WITHDRAWN].contains(&state) || Status::from_bits(state.into()).is_some();
        if !states.all(is_known) {
            return Err(DecodeError::Order("a value without a status"));
        }
        let newest = revisions.range().and_then(|(least, most)| {
            let newest = u64::try_from(most).ok()?;
            (least >= 0).then_some(Revision(newest))
        });
        Ok(Self {
            width,
            totals: values.sums(width),
            values,
            revisions,
            states,
            newest_revision: newest.ok_or(DecodeError::Number)?,
            ..Self::new(first)
        })
    }

    /// What was not made by one event: how many were recorded, and how many taken back.
    pub(crate) fn all_events(&self) -> impl Iterator<Item = (Place, (u32, u32))> {
        self.events.iter().map(|(place, events)| (*place, *events))
    }

    /// Puts that back.
    pub(crate) fn restore_events(&mut self, (column, period): Place, events: (u32, u32)) -> Result<(), DecodeError> {
        self.newest(column, period).ok_or(NO_VALUE)?;
        self.events.insert((column, period), events);
        Ok(())
    }

    /// Earlier versions, by place and the oldest first.
    pub(crate) fn all_superseded(&self) -> impl Iterator<Item = (Place, Version)> {
        let all = self.superseded.iter();
        all.flat_map(|(place, versions)| versions.iter().map(|version| (*place, *version)))
    }

    /// Puts one back, after those that are older.
    pub(crate) fn restore_superseded(&mut self, (column, period): Place, version: Version) -> Result<(), DecodeError> {
        let newest = self.newest(column, period).ok_or(NO_VALUE)?;
        let versions = self.superseded.entry((column, period)).or_default();
        let ascends = versions.last().is_none_or(|last| last.revision < version.revision);
        if !ascends || version.revision >= newest.revision {
            return Err(DecodeError::Order("a version out of its place"));
        }
        versions.push(version);
        Ok(())
    }

    /// What the newest totals were added up from, by place.
    pub(crate) fn all_tallies(&self) -> impl Iterator<Item = (Place, Tally)> {
        let columns = 0..u8::try_from(self.width).unwrap_or(u8::MAX);
        columns.flat_map(|column| {
            self.tallies(column)
                .map(move |(period, tally)| ((column, period), tally))
        })
    }

    /// Puts that back.
    pub(crate) fn restore_tally(&mut self, place: Place, tally: Tally) -> Result<(), DecodeError> {
        let newest = self.newest(place.0, place.1).ok_or(NO_VALUE)?;
        if newest.content != tally.value() {
            return Err(DecodeError::Order("a total that is not that of its events"));
        }
        self.put_tally(place, tally);
        Ok(())
    }
}

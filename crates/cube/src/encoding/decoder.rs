//! From bytes to the cube.

use std::sync::Arc;

use almanac_model::{
    AreaId, Calendar, ClosingDay, Code, Granularity, MetricId, ReporterId, Revision, Status, YearName,
};

use super::bytes::Reader;
use super::{Before, CUSTOM, EVENTS, FOLDED, METRIC, SECRETS, SERIES, SHEET, SUPERSEDED, TALLIES, UNITS, flag};
use crate::fold::Folded;
use crate::metric::Place;
use crate::series::Version;
use crate::sheet::{self, Sheet};
use crate::tally::Tally;
use crate::{Block, Cube, MetricCube, SeriesKey};

/// Makes a cube of the pieces that [`Cube::encode`] gave.
///
/// Whoever keeps the bytes sees to it that they are those that were given. What could not be a cube is refused here all the
/// same, rather than becoming one with wrong values.
#[derive(Debug, Default)]
pub struct CubeDecoder {
    cube: Cube,
    metric: Option<(MetricId, MetricCube)>,
    /// Where its series are, in the order in which they came.
    places: Vec<Place>,
}

/// Bytes that are no part of a cube.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum DecodeError {
    /// They end in the middle.
    #[error("a piece of the read model is cut off")]
    CutOff,
    /// A number is too large for what it counts.
    #[error("a piece of the read model has a number that is too large")]
    Number,
    /// A text is no text, or no id.
    #[error("a piece of the read model has a name that is none")]
    Text,
    /// What they say cannot be.
    #[error("a piece of the read model does not fit the pieces before it: {0}")]
    Order(&'static str),
}

impl CubeDecoder {
    /// Takes the next piece. After an error nothing of what was taken is of use.
    pub fn add(&mut self, piece: &[u8]) -> Result<(), DecodeError> {
        let mut reader = Reader(piece);
        while !reader.is_empty() {
            match reader.byte()? {
                METRIC => self.begin_metric(&mut reader)?,
                SERIES => self.begin_series(&mut reader)?,
                SHEET => self.begin_sheet(&mut reader)?,
                EVENTS => self.events(&mut reader)?,
                SUPERSEDED => self.superseded(&mut reader)?,
                TALLIES => self.tallies(&mut reader)?,
                SECRETS => self.secrets(&mut reader)?,
                FOLDED => self.folded(&mut reader)?,
                _ => return Err(DecodeError::Order("an item of an unknown kind")),
            }
        }
        Ok(())
    }

    /// The cube.
    pub fn finish(mut self) -> Result<Cube, DecodeError> {
        self.end_metric()?;
        Ok(self.cube)
    }

    fn begin_metric(&mut self, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
        self.end_metric()?;
        let id = reader.text()?.parse().map_err(|_| DecodeError::Text)?;
        self.metric = Some((id, MetricCube::new(granularity(reader)?)));
        Ok(())
    }

    fn end_metric(&mut self) -> Result<(), DecodeError> {
        self.places.clear();
        let Some((id, metric)) = self.metric.take() else {
            return Ok(());
        };
        match self.cube.metrics.insert(id, Arc::new(metric)) {
            None => Ok(()),
            Some(_) => Err(DecodeError::Order("a metric comes twice")),
        }
    }

    fn begin_series(&mut self, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
        let area: AreaId = reader.text()?.parse().map_err(|_| DecodeError::Text)?;
        let count: u8 = reader.narrow()?;
        let mut codes = Vec::with_capacity(usize::from(count));
        for _ in 0..count {
            codes.push(reader.text()?.parse::<Code>().map_err(|_| DecodeError::Text)?);
        }
        let reporter: ReporterId = reader.text()?.parse().map_err(|_| DecodeError::Text)?;
        let key = SeriesKey { area, codes, reporter };
        let (_, metric) = self
            .metric
            .as_mut()
            .ok_or(DecodeError::Order("a series of no metric"))?;
        if metric.series(&key).is_some() {
            return Err(DecodeError::Order("a series comes twice"));
        }
        self.places.push(metric.add(key, None));
        Ok(())
    }

    fn begin_sheet(&mut self, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
        let block = self.block().ok_or(DecodeError::Order("a sheet of no series"))?;
        let sheet = Sheet::read(reader, block.all_series().len())?;
        let ascends = block.restore(sheet);
        ascends
            .then_some(())
            .ok_or(DecodeError::Order("a sheet out of its place"))
    }

    fn events(&mut self, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
        let sheet = self.sheet()?;
        for _ in 0..reader.number()? {
            let place = place(reader)?;
            sheet.restore_events(place, (reader.narrow()?, reader.narrow()?))?;
        }
        Ok(())
    }

    fn superseded(&mut self, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
        let sheet = self.sheet()?;
        let mut before = Before::default();
        for _ in 0..reader.number()? {
            let version = version(reader, &mut before)?;
            sheet.restore_superseded(before.place, version)?;
        }
        Ok(())
    }

    fn tallies(&mut self, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
        let sheet = self.sheet()?;
        for _ in 0..reader.number()? {
            let place = place(reader)?;
            let mut tally = Tally {
                total: reader.wide()?,
                ..Tally::default()
            };
            let Tally {
                total: _,
                by_quality,
                by_qualifier,
                confidential,
            } = &mut tally;
            for count in by_quality.iter_mut().chain(by_qualifier).chain([confidential]) {
                *count = reader.narrow_signed()?;
            }
            sheet.restore_tally(place, tally)?;
        }
        Ok(())
    }

    /// The block of the last series.
    fn block(&mut self) -> Option<&mut Block> {
        let (_, metric) = self.metric.as_mut()?;
        Some(metric.block_mut(*self.places.last()?))
    }

    /// The last sheet of that.
    fn sheet(&mut self) -> Result<&mut Sheet, DecodeError> {
        let sheet = self.block().and_then(Block::last_sheet);
        sheet.ok_or(DecodeError::Order("something of no sheet"))
    }

    fn folded(&mut self, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
        let (_, metric) = self.metric.as_mut().ok_or(DecodeError::Order("a past of no metric"))?;
        let (floor, confidential) = (Revision(reader.number()?), Revision(reader.number()?));
        metric.note_folded(Folded {
            floor,
            confidential: (confidential > Revision::EMPTY).then_some(confidential),
        });
        Ok(())
    }

    fn secrets(&mut self, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
        let (_, metric) = self.metric.as_mut().ok_or(DecodeError::Order("secrets of no metric"))?;
        for _ in 0..reader.number()? {
            let (index, period): (u32, i32) = (reader.narrow()?, reader.narrow_signed()?);
            let place = self.places.get(index as usize);
            let place = place.ok_or(DecodeError::Order("a secret of no series"))?;
            metric.restore_secret(*place, period);
        }
        Ok(())
    }
}

fn place(reader: &mut Reader<'_>) -> Result<sheet::Place, DecodeError> {
    Ok((reader.byte()?, reader.narrow_signed()?))
}

/// The next version; its place is then that of the version before.
fn version(reader: &mut Reader<'_>, before: &mut Before) -> Result<Version, DecodeError> {
    let flags = reader.byte()?;
    let is = |bit: u8| flags & bit != 0;
    before.place = match (is(flag::SAME_PLACE), is(flag::NEXT_PERIOD)) {
        (true, false) => before.place,
        (false, true) => before.next().ok_or(DecodeError::Number)?,
        (false, false) => place(reader)?,
        (true, true) => return Err(DecodeError::Number),
    };
    if !is(flag::SAME_REVISION) {
        before.revision = Revision(before.revision.0.wrapping_add(reader.signed()?.cast_unsigned()));
    }
    let mut content = None;
    if is(flag::VALUE) {
        let status = if is(flag::SAME_STATUS) {
            before.status
        } else {
            Status::from_bits(u32::from(reader.byte()?))
        };
        let status = status.ok_or(DecodeError::Order("a value without a status"))?;
        before.value = before.value.wrapping_add(reader.wide()?);
        before.status = Some(status);
        content = Some((before.value, status));
    }
    let (recorded, taken_back) = if is(flag::ONE_EVENT) {
        (1, 0)
    } else {
        (reader.narrow()?, reader.narrow()?)
    };
    Ok(Version {
        revision: before.revision,
        content,
        recorded,
        taken_back,
    })
}

fn granularity(reader: &mut Reader<'_>) -> Result<Granularity, DecodeError> {
    let kind = reader.byte()?;
    if let Some(standard) = Granularity::ALL.get(usize::from(kind)) {
        return Ok(*standard);
    }
    let unit = UNITS.get(usize::from(kind - CUSTOM)).ok_or(DecodeError::Number)?;
    Ok(Granularity::Custom(calendar(reader)?, *unit))
}

fn calendar(reader: &mut Reader<'_>) -> Result<Calendar, DecodeError> {
    let id = reader.text()?;
    let mut closing_days = [ClosingDay::LAST; 12];
    for closing in &mut closing_days {
        let day = reader.byte()?;
        if day != 0 {
            *closing = ClosingDay::new(u32::from(day)).map_err(|_| DecodeError::Number)?;
        }
    }
    let first_month = u32::from(reader.byte()?);
    let named_by = match reader.byte()? {
        0 => YearName::Start,
        1 => YearName::End,
        _ => return Err(DecodeError::Number),
    };
    Calendar::new(id, closing_days, first_month, named_by).map_err(|_| DecodeError::Text)
}

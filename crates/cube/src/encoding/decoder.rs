//! From bytes to the cube.

use std::sync::Arc;

use almanac_model::{
    AreaId, Calendar, ClosingDay, Code, Granularity, MetricId, ReporterId, Revision, Status, YearName,
};

use super::bytes::Reader;
use super::{Before, CUSTOM, METRIC, SECRETS, SERIES, TALLIES, UNITS, VERSIONS, flag};
use crate::metric::Place;
use crate::series::Version;
use crate::tally::Tally;
use crate::{Cube, MetricCube, Series, SeriesKey};

/// The periods between the first and the last of a series. Days of two thousand years are fewer: a greater distance is no
/// series that was ever recorded, and would take the memory of one.
const MOST_PERIODS: i64 = 1 << 20;

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
    series: Option<Open>,
}

/// The series that versions are put into.
#[derive(Debug)]
struct Open {
    place: Place,
    /// The period of its first version, and the period and revision of its last one so far.
    first: Option<i32>,
    last: Option<(i32, Revision)>,
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
                VERSIONS => self.versions(&mut reader)?,
                TALLIES => self.tallies(&mut reader)?,
                SECRETS => self.secrets(&mut reader)?,
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
        self.series = None;
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
        let place = metric.place(key);
        self.places.push(place);
        self.series = Some(Open {
            place,
            first: None,
            last: None,
        });
        Ok(())
    }

    fn versions(&mut self, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
        let no_series = DecodeError::Order("versions of no series");
        let (open, (_, metric)) = self.series.as_mut().zip(self.metric.as_mut()).ok_or(no_series)?;
        let block = metric.block_mut(open.place);
        let (mut before, mut versions) = (Before::default(), Vec::new());
        for _ in 0..reader.number()? {
            let (period, version) = version(reader, &mut before)?;
            open.check(period, version.revision)?;
            versions.push((period, version));
        }
        block.restore(open.place.column, &versions);
        Ok(())
    }

    fn tallies(&mut self, reader: &mut Reader<'_>) -> Result<(), DecodeError> {
        let no_series = DecodeError::Order("tallies of no series");
        let (open, (_, metric)) = self.series.as_ref().zip(self.metric.as_mut()).ok_or(no_series)?;
        let block = metric.block_mut(open.place);
        let column = open.place.column;
        for _ in 0..reader.number()? {
            let period = reader.narrow_signed()?;
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
            if Series::new(block, column).vintages(period).next().is_none() {
                return Err(DecodeError::Order("a tally of no value"));
            }
            block.restore_tally(column, period, tally);
        }
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

impl Open {
    /// Periods ascend, and within one the revisions do.
    fn check(&mut self, period: i32, revision: Revision) -> Result<(), DecodeError> {
        let first = *self.first.get_or_insert(period);
        let ascends = self.last.is_none_or(|last| last < (period, revision));
        if !ascends || i64::from(period) - i64::from(first) > MOST_PERIODS {
            return Err(DecodeError::Order("a version out of its place"));
        }
        self.last = Some((period, revision));
        Ok(())
    }
}

fn version(reader: &mut Reader<'_>, before: &mut Before) -> Result<(i32, Version), DecodeError> {
    let flags = reader.byte()?;
    let is = |bit: u8| flags & bit != 0;
    let periods = match (is(flag::SAME_PERIOD), is(flag::NEXT_PERIOD)) {
        (true, false) => 0,
        (false, true) => 1,
        (false, false) => reader.signed()?,
        (true, true) => return Err(DecodeError::Number),
    };
    let period = i64::from(before.period).checked_add(periods);
    before.period = period
        .and_then(|period| i32::try_from(period).ok())
        .ok_or(DecodeError::Number)?;
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
    let version = Version {
        revision: before.revision,
        content,
        recorded,
        taken_back,
    };
    Ok((before.period, version))
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

//! The series of a batch, whose texts are named by position.

use std::str::FromStr;

use almanac_model::{AreaId, BatchSeries, Calendar, Code, DimensionId, Granularity, IdError, MetricId, ReporterId};

use super::{BatchDecodeError, text};
use crate::figure::{granularity_from_proto, granularity_to_proto};
use crate::pb::shared as pb;
use crate::symbols::Symbols;

/// Metric, area and reporter.
const FIRST_TEXTS: usize = 3;

/// The series of a batch while their texts are put into a table. Most texts are those of the series before: these need not be
/// looked up.
#[derive(Default)]
pub(super) struct Naming<'a> {
    pub(super) symbols: Symbols,
    pub(super) calendars: Vec<Calendar>,
    before: Option<&'a BatchSeries>,
    /// The positions of its texts.
    places: Vec<u32>,
}

impl<'a> Naming<'a> {
    /// The series that comes next.
    pub(super) fn name(&mut self, series: &'a BatchSeries) -> pb::BatchSeries {
        let before = self.before.replace(series);
        let mut texts_before = before.into_iter().flat_map(texts);
        self.places.resize(FIRST_TEXTS + 2 * series.dimensions.len(), 0);
        for (place, text) in self.places.iter_mut().zip(texts(series)) {
            if texts_before.next() != Some(text) {
                *place = self.symbols.place(text);
            }
        }
        pb::BatchSeries {
            metric: self.places[0],
            area: self.places[1],
            reporter: self.places[2],
            dimensions: self.places[FIRST_TEXTS..].to_vec(),
            granularity: granularity_to_proto(series.granularity).into(),
            decimals: u32::from(series.decimals),
            calendar: calendar_place(series.granularity, &mut self.calendars),
        }
    }
}

/// The texts of a series: metric, area, reporter, then dimensions and codes.
fn texts(series: &BatchSeries) -> impl Iterator<Item = &str> {
    let BatchSeries {
        metric,
        area,
        reporter,
        dimensions,
        granularity: _,
        decimals: _,
    } = series;
    let pairs = dimensions.iter();
    let pairs = pairs.flat_map(|(dimension, code)| [dimension.as_str(), code.as_str()]);
    [metric.as_str(), area.as_str(), reporter.as_str()]
        .into_iter()
        .chain(pairs)
}

/// The place of the series' calendar in the table, from 1; 0 for the standard one.
fn calendar_place(granularity: Granularity, calendars: &mut Vec<Calendar>) -> u32 {
    let Some(calendar) = granularity.calendar() else {
        return 0;
    };
    let place = calendars.iter().position(|known| *known == calendar);
    let place = place.unwrap_or_else(|| {
        calendars.push(calendar);
        calendars.len() - 1
    });
    u32::try_from(place + 1).unwrap_or(u32::MAX)
}

/// The ids that the series of a batch name: each is read once, and all series share it.
pub(super) struct Ids<'a> {
    metrics: Read<'a, MetricId>,
    areas: Read<'a, AreaId>,
    reporters: Read<'a, ReporterId>,
    dimensions: Read<'a, DimensionId>,
    codes: Read<'a, Code>,
}

/// Ids of one kind, by the position of their text.
struct Read<'a, T> {
    symbols: &'a [String],
    ids: Vec<Option<T>>,
}

impl<'a> Ids<'a> {
    pub(super) const fn of(symbols: &'a [String]) -> Self {
        Self {
            metrics: Read::of(symbols),
            areas: Read::of(symbols),
            reporters: Read::of(symbols),
            dimensions: Read::of(symbols),
            codes: Read::of(symbols),
        }
    }
}

impl<'a, T: FromStr<Err = IdError> + Clone> Read<'a, T> {
    const fn of(symbols: &'a [String]) -> Self {
        Self {
            symbols,
            ids: Vec::new(),
        }
    }

    fn get(&mut self, index: u32) -> Result<T, BatchDecodeError> {
        let place = index as usize;
        if let Some(Some(id)) = self.ids.get(place) {
            return Ok(id.clone());
        }
        let id: T = text(self.symbols, index)?.parse()?;
        if place >= self.ids.len() {
            self.ids.resize(place + 1, None);
        }
        self.ids[place] = Some(id.clone());
        Ok(id)
    }
}

pub(super) fn series_from_proto(
    series: &pb::BatchSeries,
    ids: &mut Ids<'_>,
    calendars: &[Calendar],
) -> Result<BatchSeries, BatchDecodeError> {
    let pb::BatchSeries {
        metric,
        area,
        reporter,
        dimensions,
        granularity,
        decimals,
        calendar,
    } = series;
    let (pairs, rest) = dimensions.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(BatchDecodeError::DimensionPairs { len: dimensions.len() });
    }
    let mut pair = |[dimension, code]: &[u32; 2]| Ok((ids.dimensions.get(*dimension)?, ids.codes.get(*code)?));
    Ok(BatchSeries {
        metric: ids.metrics.get(*metric)?,
        area: ids.areas.get(*area)?,
        reporter: ids.reporters.get(*reporter)?,
        dimensions: pairs.iter().map(&mut pair).collect::<Result<_, BatchDecodeError>>()?,
        granularity: known_granularity(*granularity, *calendar, calendars)?,
        decimals: u8::try_from(*decimals).map_err(|_| BatchDecodeError::Unknown {
            what: "decimals",
            number: (*decimals).into(),
        })?,
    })
}

fn known_granularity(number: i32, calendar: u32, calendars: &[Calendar]) -> Result<Granularity, BatchDecodeError> {
    let known = pb::Granularity::try_from(number).ok().and_then(granularity_from_proto);
    let standard = known.ok_or(BatchDecodeError::Unknown {
        what: "granularity",
        number: number.into(),
    })?;
    if calendar == 0 {
        return Ok(standard);
    }
    let named = calendars.get(calendar as usize - 1);
    let own = named.and_then(|named| standard.in_calendar(Some(*named)));
    own.filter(|own| own.calendar().is_some())
        .ok_or(BatchDecodeError::NoCalendar {
            index: calendar,
            len: calendars.len(),
            granularity: standard,
        })
}

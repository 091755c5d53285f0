//! The series of a batch, whose texts are named by position.

use std::collections::HashMap;
use std::str::FromStr;
use std::sync::Arc;

use almanac_model::{AreaId, BatchSeries, Calendar, Code, DimensionId, Granularity, IdError, MetricId, ReporterId};
use foldhash::fast::RandomState;

use super::{BatchDecodeError, text};
use crate::figure::{granularity_from_proto, granularity_to_proto};
use crate::pb::shared as pb;
use crate::symbols::Symbols;

/// The series of a batch while their texts are put into a table. Most ids are those of the series before: these need not be
/// looked up, and where both series share them not even be read.
#[derive(Default)]
pub(super) struct Naming<'a> {
    pub(super) symbols: Symbols,
    pub(super) calendars: Vec<Calendar>,
    before: Option<&'a BatchSeries>,
    /// What that one was named.
    named: pb::BatchSeries,
}

impl<'a> Naming<'a> {
    /// The series that comes next.
    pub(super) fn name(&mut self, series: &'a BatchSeries) -> pb::BatchSeries {
        let BatchSeries {
            metric,
            area,
            reporter,
            dimensions,
            granularity,
            decimals,
        } = series;
        let Self {
            symbols,
            calendars,
            before,
            named,
        } = self;
        let before = before.replace(series);
        if before.is_none_or(|before| before.metric != *metric) {
            named.metric = symbols.place(metric.as_str());
        }
        if before.is_none_or(|before| before.area != *area) {
            named.area = symbols.place(area.as_str());
        }
        if before.is_none_or(|before| before.reporter != *reporter) {
            named.reporter = symbols.place(reporter.as_str());
        }
        named.dimensions.resize(2 * dimensions.len(), 0);
        let (pairs, _) = named.dimensions.as_chunks_mut::<2>();
        for (position, (pair, (dimension, code))) in pairs.iter_mut().zip(dimensions.iter()).enumerate() {
            let before = before.and_then(|before| before.dimensions.get(position));
            if before.is_none_or(|before| before.0 != *dimension) {
                pair[0] = symbols.place(dimension.as_str());
            }
            if before.is_none_or(|before| before.1 != *code) {
                pair[1] = symbols.place(code.as_str());
            }
        }
        named.granularity = granularity_to_proto(*granularity).into();
        named.decimals = u32::from(*decimals);
        named.calendar = calendar_place(*granularity, calendars);
        named.clone()
    }
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
    /// The codes of all dimensions together, by their positions.
    combinations: HashMap<&'a [u32], Combination, RandomState>,
}

/// The code of each dimension.
type Combination = Arc<[(DimensionId, Code)]>;

/// Ids of one kind, by the position of their text.
struct Read<'a, T> {
    symbols: &'a [String],
    ids: Vec<Option<T>>,
}

impl<'a> Ids<'a> {
    pub(super) fn of(symbols: &'a [String]) -> Self {
        Self {
            metrics: Read::of(symbols),
            areas: Read::of(symbols),
            reporters: Read::of(symbols),
            dimensions: Read::of(symbols),
            codes: Read::of(symbols),
            combinations: HashMap::default(),
        }
    }

    fn combination(&mut self, named: &'a [u32]) -> Result<Combination, BatchDecodeError> {
        if let Some(known) = self.combinations.get(named) {
            return Ok(Arc::clone(known));
        }
        let (pairs, rest) = named.as_chunks::<2>();
        if !rest.is_empty() {
            return Err(BatchDecodeError::DimensionPairs { len: named.len() });
        }
        let read = |[dimension, code]: &[u32; 2]| Ok((self.dimensions.get(*dimension)?, self.codes.get(*code)?));
        let combination: Combination = pairs.iter().map(read).collect::<Result<_, BatchDecodeError>>()?;
        self.combinations.insert(named, Arc::clone(&combination));
        Ok(combination)
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

pub(super) fn series_from_proto<'a>(
    series: &'a pb::BatchSeries,
    ids: &mut Ids<'a>,
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
    Ok(BatchSeries {
        metric: ids.metrics.get(*metric)?,
        area: ids.areas.get(*area)?,
        reporter: ids.reporters.get(*reporter)?,
        dimensions: ids.combination(dimensions)?,
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

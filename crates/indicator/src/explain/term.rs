//! One term of a formula, with the territory, the series and the recorded values behind it.

use std::collections::BTreeSet;

use almanac_catalog::{Documentation, MeasureId, Metric, Reference, Share, TimeOperator};
use almanac_cube::{Series, SeriesKey};
use almanac_model::{MissingReason, PeriodRange, Qualifier, Quality, UnitId};
use jiff::civil::Date;

use super::Number;
use super::events::{Cursor, ValueExplanation};
use super::observed::Observed;
use super::secret::Secret;
use super::territory::{StretchRead, stretch_read};
use crate::evaluate::Reading;
use crate::question::State;
use crate::reading::{Lack, Narrowing, Selection};
use crate::series::SeriesValue;

/// One term of a formula.
#[derive(Clone, Debug)]
pub struct TermExplanation {
    /// As the formula writes it, with the codes that were asked for.
    pub expression: String,
    /// The metric's documentation.
    pub documentation: Documentation,
    /// The number, or why there is none.
    pub value: Result<Number, MissingReason>,
    /// The metric's unit.
    pub unit: UnitId,
    /// The metric's decimals, which recorded values are scaled by.
    pub decimals: u8,
    /// The metric's dimensions in the order of a series' codes.
    pub dimensions: Vec<String>,
    /// The period that was read, or the periods that were read like one.
    pub period: PeriodRange,
    /// How the values of a series became one.
    pub time: TimeOperator,
    /// The territory that was read, by stretches of time between changes of boundaries.
    pub stretches: Vec<StretchRead>,
    /// The series that have an event in the window.
    pub series: Vec<SeriesExplanation>,
    /// How many series there are.
    pub series_count: usize,
    /// How many events there are.
    pub event_count: usize,
}

/// What one series contributes to a term. The contributions of all series add up to the term's value.
#[derive(Clone, Debug)]
pub struct SeriesExplanation {
    /// Which series.
    pub key: SeriesKey,
    /// The day whose boundaries hold.
    pub day: Date,
    /// How much of it belongs to the figure.
    pub share: Share,
    /// The number after the time operator and the share, or why there is none.
    pub value: Result<Number, MissingReason>,
    /// The weakest of its values; an estimate when only a part belongs to the figure.
    pub quality: Option<Quality>,
    /// How it is bounded.
    pub qualifier: Qualifier,
    /// The last day of the earlier value that stands in for an absent one.
    pub carried_from: Option<Date>,
    /// Those of its recorded values that have an event in the window.
    pub values: Vec<ValueExplanation>,
    /// How many recorded values went into it.
    pub value_count: usize,
    /// How many events are behind them.
    pub event_count: usize,
}

/// Reads a term again, as it was read for the figure, and keeps what it meets.
pub(super) struct Reader<'a> {
    pub(super) state: State<'a>,
    /// The place among the terms of the explanation.
    pub(super) index: usize,
    pub(super) reading: &'a Reading<'a>,
    pub(super) metric: &'a Metric,
    pub(super) narrowing: &'a Narrowing,
}

impl<'a> Reader<'a> {
    pub(super) fn read(&self, cursor: &mut Cursor, areas_left: &mut usize, observed: &mut Observed) -> TermExplanation {
        let mut term = self.empty();
        observed.term(self.index, self.reading);
        let selections = self.selections();
        let secret = Secret::of(self.state, self.metric, &selections);
        for selection in &selections {
            let areas = selection.areas();
            term.stretches
                .push(stretch_read(selection, &areas, areas_left, self.index, observed));
            let (mut recorded, mut unpaired) = (BTreeSet::new(), BTreeSet::new());
            selection.each_series(&areas, |series, scope, share| {
                let mut read = scope.value();
                if !matches!(read.value.outcome, Err(MissingReason::NoRecord)) {
                    recorded.insert(series.key());
                } else if !read.used.is_empty() {
                    unpaired.insert(series.key());
                }
                read.value = read.value.share(share);
                observed.series(self.index, scope, &read);
                if read.value.outcome.is_ok() && !secret.tells_series(self.metric, series.key(), &read.used, share) {
                    read.value.withhold();
                }
                let read = (read, share, selection.stretch.day);
                self.series(&mut term, cursor, &secret, series, read);
            });
            for lack in selection.lacks(&areas, &recorded) {
                let is_told = matches!(&lack, Lack::Series(series, _) if unpaired.contains(series));
                if !is_told {
                    observed.lack(self.index, lack);
                }
            }
        }
        term
    }

    /// What was read for the term, stretch by stretch.
    fn selections(&self) -> Vec<Selection<'a, 'a>> {
        let Reading { territory, span, .. } = self.reading;
        let Some(parts) = span.parts(self.metric.frequency) else {
            return Vec::new();
        };
        if territory.is_void(self.state, span.last_day()) {
            return Vec::new();
        }
        let stretches = territory.stretches(self.state, *span, parts, self.metric.time == TimeOperator::Sum);
        let selection = |stretch| Selection {
            state: self.state,
            metric: self.metric,
            narrowing: self.narrowing,
            territory,
            stretch,
        };
        stretches.into_iter().map(selection).collect()
    }

    fn series(
        &self,
        term: &mut TermExplanation,
        cursor: &mut Cursor,
        secret: &Secret,
        series: Series<'_>,
        (read, share, day): (SeriesValue, &Share, Date),
    ) {
        let SeriesValue {
            value,
            used,
            subtracted,
        } = read;
        if used.is_empty() {
            return;
        }
        let value_count = used.len();
        let (mut values, mut event_count) = (Vec::new(), 0);
        for cell in used {
            let is_subtracted = subtracted.contains(&cell.0);
            let (value, events) = cursor.value(self.metric, series, cell, (self.state.as_of, secret));
            values.extend(value.map(|value| ValueExplanation { is_subtracted, ..value }));
            event_count += events;
        }
        term.series_count += 1;
        term.event_count += event_count;
        if !values.is_empty() {
            term.series.push(SeriesExplanation {
                key: series.key().clone(),
                day,
                share: share.clone(),
                value: value.outcome.as_ref().map(Number::of).map_err(|reason| *reason),
                quality: value.lineage.quality,
                qualifier: value.qualifier,
                carried_from: value.lineage.carried_from,
                values,
                value_count,
                event_count,
            });
        }
    }

    fn empty(&self) -> TermExplanation {
        let Self {
            metric,
            reading,
            narrowing,
            ..
        } = self;
        let mut dimensions: Vec<String> = metric.dimensions.iter().map(ToString::to_string).collect();
        dimensions.sort();
        let reference = Reference {
            measure: MeasureId::Metric(metric.id.clone()),
            filter: narrowing.filters().clone(),
        };
        TermExplanation {
            expression: reference.to_string(),
            documentation: metric.documentation.clone(),
            value: reading.value.outcome.as_ref().map(Number::of).map_err(|reason| *reason),
            unit: metric.unit.clone(),
            decimals: metric.decimals,
            dimensions,
            period: reading.span,
            time: metric.time,
            stretches: Vec::new(),
            series: Vec::new(),
            series_count: 0,
            event_count: 0,
        }
    }
}

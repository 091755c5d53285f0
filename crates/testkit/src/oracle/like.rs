//! Rule 27: like for like, only what both periods have is compared.
//!
//! What a figure reads for a period is held against what the figure of the other period reads in its place. Common are the
//! areas that both have with the same extent, and in them the sub-periods of each series that have a number in both, by
//! position.

use std::rc::Rc;

use almanac_catalog::{Kind, Method, Metric};
use almanac_model::{Period, PeriodRange};

use super::Oracle;
use super::boundaries::Share;
use super::figure::Asked;
use super::records::{Record, SeriesKey};
use super::region::Region;
use super::series::sub_periods;
use super::term::{Filter, Term};
use super::territory::{Run, Territory};
use super::value::Value;

/// What the whole figure of one period reads: the place in the formula, the period, and the period that the other figure reads
/// in that place.
#[derive(Clone, Debug)]
pub(super) struct Counterparts(Vec<(usize, PeriodRange, PeriodRange)>);

/// The figures of two periods, from what both have.
pub(super) struct Alike {
    pub(super) value: Value,
    pub(super) base: Value,
    /// Whether one of them rests on a number that has none against it.
    pub(super) left_out: bool,
}

impl Counterparts {
    fn of(own: &Value, other: &Value) -> Self {
        let pairs = own.readings.iter().zip(&other.readings);
        let pairs = pairs.filter(|(own, other)| own.term.place == other.term.place);
        Self(
            pairs
                .map(|(own, other)| (own.term.place, own.span, other.span))
                .collect(),
        )
    }

    fn against(&self, place: usize, span: PeriodRange) -> Option<PeriodRange> {
        let found = self.0.iter().find(|(known, own, _)| *known == place && *own == span);
        found.map(|(_, _, other)| *other)
    }
}

impl Oracle<'_> {
    /// Both figures, from what both have.
    pub(super) fn alike(&self, asked: &Asked<'_>, base: &Asked<'_>) -> Alike {
        let now = self.formula_asked(asked).value;
        let then = self.formula_asked(base).value;
        let kept = |asked: &Asked<'_>, own: &Value, other: &Value| {
            let seeing = Self {
                like: Some(Rc::new(Counterparts::of(own, other))),
                ..self.clone()
            };
            seeing.formula_asked(asked).value
        };
        let (value, base) = (kept(asked, &now, &then), kept(base, &then, &now));
        Alike {
            left_out: value.numbers != now.numbers || base.numbers != then.numbers,
            value,
            base,
        }
    }

    /// The same oracle, seeing everything: like for like too, both figures keep the denominators that they have.
    pub(super) fn whole(&self) -> Self {
        Self {
            like: None,
            ..self.clone()
        }
    }

    /// The sub-periods in which a number of a series has one against it.
    pub(super) fn common(
        &self,
        counterparts: &Counterparts,
        (term, span): (&Term, PeriodRange),
        territory: &Territory,
        series: &SeriesKey,
    ) -> Vec<Period> {
        let metric = &term.metric;
        let Some(other) = counterparts.against(term.place, span) else {
            return Vec::new();
        };
        let (own_parts, other_parts) = (sub_periods(metric, span), sub_periods(metric, other));
        let there = Run {
            parts: other_parts.clone(),
            day: other.last_day(),
        };
        let area = Region {
            areas: vec![series.area.clone()],
            codes: Filter::new(),
        };
        if self.belongs(term, series, territory, &there) == Share::Nothing
            || !self.same_territory(&area, span.last_day(), other.last_day())
        {
            return Vec::new();
        }
        let pairs = own_parts.into_iter().zip(other_parts);
        let both = pairs.filter(|(own, other)| {
            let record = |part: &Period| self.record(metric, series, *part);
            record(own).as_ref().is_some_and(Record::is_number) && stands_against(metric, record(other).as_ref())
        });
        both.map(|(own, _)| own).collect()
    }
}

/// Whether there is something to hold a number against. Where events are counted, nothing recorded is nothing that happened.
fn stands_against(metric: &Metric, record: Option<&Record>) -> bool {
    match record {
        Some(record) => record.is_number(),
        None => metric.kind == Kind::Flow && metric.method == Method::Tally,
    }
}

//! What a benchmark found: as a table for people, as JSON for programs.

use comfy_table::{CellAlignment, ContentArrangement, ContentLineStyle, LineStyle, Table, TableStyle};
use hdrhistogram::Histogram;
use serde_json::{Value, json};

use super::machine::Machine;
use super::workload::Shape;

/// One figure of an answer.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Told {
    pub(super) measure: String,
    pub(super) area: String,
    pub(super) period: String,
    /// The codes that were grouped by.
    pub(super) code: String,
    /// As it is printed.
    pub(super) value: String,
}

/// What a number counts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Unit {
    EventsPerSecond,
    Milliseconds,
    Seconds,
    BytesPerEvent,
    BytesPerObservation,
    FiguresPerSecond,
    BytesPerFigure,
    BytesPerCell,
    Times,
}

/// One line of the table.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) id: &'static str,
    pub(super) what: String,
    pub(super) unit: Unit,
    /// Of times, the median.
    pub(super) measured: f64,
    /// What one of a hundred exceeds.
    pub(super) p99: Option<f64>,
    /// What it is held against; not every workload has it.
    pub(super) must: &'static str,
    pub(super) aim: &'static str,
}

/// Everything that was found.
pub(super) struct Report {
    pub(super) machine: Machine,
    pub(super) workload: String,
    pub(super) shape: Shape,
    pub(super) rows: Vec<Row>,
    /// The answers to the questions, by their id.
    pub(super) answers: Vec<(&'static str, Vec<Told>)>,
}

impl Unit {
    const fn name(self) -> &'static str {
        match self {
            Self::EventsPerSecond => "events/s",
            Self::Milliseconds => "ms",
            Self::Seconds => "s",
            Self::BytesPerEvent => "bytes/event",
            Self::BytesPerObservation => "bytes/observation",
            Self::FiguresPerSecond => "figures/s",
            Self::BytesPerFigure => "bytes/figure",
            Self::BytesPerCell => "bytes/cell",
            Self::Times => "times",
        }
    }

    fn print(self, number: f64) -> String {
        match self {
            Self::EventsPerSecond | Self::FiguresPerSecond if number >= 1e6 => format!("{:.2} M/s", number / 1e6),
            Self::EventsPerSecond | Self::FiguresPerSecond => format!("{number:.0}/s"),
            Self::Milliseconds => format!("{number:.3} ms"),
            Self::Seconds => format!("{number:.2} s"),
            Self::BytesPerEvent | Self::BytesPerObservation | Self::BytesPerFigure | Self::BytesPerCell => {
                format!("{number:.1} B")
            }
            Self::Times => format!("{number:.2} x"),
        }
    }
}

impl Row {
    pub(super) fn new(id: &'static str, what: &str, unit: Unit, measured: f64) -> Self {
        Self {
            id,
            what: what.to_owned(),
            unit,
            measured,
            p99: None,
            must: "",
            aim: "",
        }
    }

    /// Of times in nanoseconds.
    pub(super) fn times(id: &'static str, what: &str, taken: &Histogram<u64>) -> Self {
        Self {
            p99: Some(milliseconds(taken.value_at_quantile(0.99))),
            ..Self::new(id, what, Unit::Milliseconds, milliseconds(taken.value_at_quantile(0.5)))
        }
    }

    /// The same, held against what it must and is to be.
    pub(super) const fn target(mut self, must: &'static str, aim: &'static str) -> Self {
        self.must = must;
        self.aim = aim;
        self
    }

    /// The number with its unit.
    pub(super) fn printed(&self) -> String {
        self.unit.print(self.measured)
    }

    /// What it is, the number and what one of a hundred exceeds, as they are printed.
    pub(super) fn cells(&self) -> Vec<String> {
        let p99 = self.p99.map(|p99| self.unit.print(p99)).unwrap_or_default();
        vec![self.what.clone(), self.printed(), p99]
    }

    fn json(&self) -> Value {
        json!({
            "id": self.id,
            "what": self.what,
            "unit": self.unit.name(),
            "measured": self.measured,
            "p99": self.p99,
            "must": self.must,
            "aim": self.aim,
        })
    }
}

#[expect(clippy::cast_precision_loss, reason = "three digits are measured")]
fn milliseconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e6
}

impl Report {
    /// For people.
    pub(super) fn table(&self) -> String {
        let head = ["", "measured", "p99", "must", "aim"].map(str::to_owned);
        let rows = self.rows.iter().map(|row| {
            let targets = [row.must, row.aim].map(str::to_owned);
            row.cells().into_iter().chain(targets).collect()
        });
        let table = table(head, rows);
        format!("{}\n{}\n{table}\n", self.workload_told(), self.machine)
    }

    fn workload_told(&self) -> String {
        let Shape {
            provinces,
            districts,
            days,
            seed,
        } = self.shape;
        format!(
            "Workload {}: {provinces} provinces, {districts} districts, {} series, {days} days, {} observations; seed {seed}",
            self.workload,
            self.shape.series(),
            self.shape.observations()
        )
    }

    /// For programs.
    pub(super) fn json(&self) -> Value {
        let answer = |(id, told): &(&'static str, Vec<Told>)| {
            let figures = told.iter().map(|told| {
                json!({
                    "measure": told.measure,
                    "area": told.area,
                    "period": told.period,
                    "code": told.code,
                    "value": told.value,
                })
            });
            ((*id).to_owned(), Value::Array(figures.collect()))
        };
        json!({
            "workload": {
                "name": self.workload,
                "provinces": self.shape.provinces,
                "districts": self.shape.districts,
                "days": self.shape.days,
                "seed": self.shape.seed,
                "series": self.shape.series(),
                "observations": self.shape.observations(),
            },
            "machine": self.machine.json(),
            "rows": self.rows.iter().map(Row::json).collect::<Vec<_>>(),
            "answers": self.answers.iter().map(answer).collect::<serde_json::Map<_, _>>(),
        })
    }
}

/// Numbers to the right of what they are.
pub(super) fn table(head: impl IntoIterator<Item = String>, rows: impl IntoIterator<Item = Vec<String>>) -> String {
    const STYLE: TableStyle = TableStyle::new()
        .header_lines(ContentLineStyle::none())
        .header_separator(LineStyle::none().fill('─').junction('─'));
    let mut table = Table::new();
    table
        .load_style(STYLE)
        .set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(head.into_iter().collect::<Vec<_>>());
    table.add_rows(rows);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.trim_fmt()
}

//! A large answer in either form: every metric of every province, by day.

use std::time::{Duration, Instant};

use almanac_client::{FigureForm, IndicatorsQuestion, QueryClient};
use almanac_model::{Figure, Granularity};

use super::BenchError;
use super::ask::first_asked;
use super::counted::{Arrived, connect};
use super::report::{Row, Unit};
use super::workload::{COUNTRY, LAST_DAY, METRICS, Workload};

/// A form, its name in rows, and how it is called.
const FORMS: [(FigureForm, &str, &str, &str); 2] = [
    (FigureForm::Figures, "figures_rate", "figures_bytes", "one by one"),
    (FigureForm::Columns, "columns_rate", "columns_bytes", "in columns"),
];

/// What came of one form.
struct Measured {
    figures: Vec<Figure>,
    bytes: u64,
    /// The shortest time of all attempts.
    taken: Duration,
}

/// Asks in both forms, finds the same figures, and measures.
pub(super) async fn measure(uri: &str, workload: &Workload, time: Duration) -> Result<Vec<Row>, BenchError> {
    let (channel, arrived) = connect(uri).await?;
    let query = QueryClient::new(channel).with_deadline(super::run::PATIENCE);
    let mut rows = Vec::new();
    let mut first: Option<Vec<Figure>> = None;
    for (form, rate_id, bytes_id, told) in FORMS {
        let measured = asked(&query, workload, form, (&arrived, time)).await?;
        let count = measured.figures.len();
        let figures = super::run::count(count as u64);
        let what = |what: &str| format!("every metric and province by day, {count} figures {told}: {what}");
        rows.extend([
            Row::new(
                rate_id,
                &what("speed"),
                Unit::FiguresPerSecond,
                figures / measured.taken.as_secs_f64(),
            ),
            Row::new(
                bytes_id,
                &what("size"),
                Unit::BytesPerFigure,
                super::run::count(measured.bytes) / figures,
            ),
        ]);
        match &first {
            None => first = Some(measured.figures),
            Some(first) if *first == measured.figures => {}
            Some(_) => return Err(differ("the figures are not those that came one by one")),
        }
    }
    Ok(rows)
}

fn differ(told: &str) -> BenchError {
    BenchError::Wrong {
        question: "every metric and province by day",
        told: told.to_owned(),
    }
}

/// The answer, again and again, at least once.
async fn asked(
    query: &QueryClient,
    workload: &Workload,
    form: FigureForm,
    (arrived, time): (&Arrived, Duration),
) -> Result<Measured, BenchError> {
    let begun = Instant::now();
    let mut best = None;
    while best.is_none() || begun.elapsed() < time {
        let (before, asked) = (arrived.bytes(), Instant::now());
        let mut stream = question(query, workload).stream(form).await?;
        let mut figures = Vec::new();
        while let Some(some) = stream.next_figures().await? {
            figures.extend(some.figures);
        }
        let measured = Measured {
            taken: asked.elapsed(),
            figures,
            bytes: arrived.bytes() - before,
        };
        let is_better = best.as_ref().is_none_or(|best: &Measured| measured.taken < best.taken);
        if is_better {
            best = Some(measured);
        }
    }
    best.ok_or(BenchError::Nothing)
}

fn question<'a>(query: &'a QueryClient, workload: &Workload) -> IndicatorsQuestion<'a> {
    query
        .indicators(METRICS)
        .areas_under(COUNTRY, "province")
        .period(format!("{}..{LAST_DAY}", first_asked(workload)))
        .granularity(Granularity::Day)
        .page_size(10_000)
}

//! The questions of the benchmark, and how long their answers take.

use std::time::{Duration, Instant};

use almanac_client::{Figures, IndicatorsQuestion, QueryClient};
use almanac_model::{Granularity, Revision};
use hdrhistogram::Histogram;
use jiff::civil::Date;
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use super::BenchError;
use super::report::Told;
use super::workload::{COUNTRY, LAST_DAY, METRICS, Workload, province_name};

/// What is asked.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Question {
    /// Postal items of one province, by month.
    PostByMonth,
    /// Internet subscriptions of one province, last of quarter, by technology.
    InternetByQuarter,
    /// Telephone subscriptions at year end, every province, per 100 inhabitants.
    TelephoneDensity,
    /// Every metric, every province, by month.
    Everything,
}

/// All of them, in their order.
pub(super) const QUESTIONS: [Question; 4] = [
    Question::PostByMonth,
    Question::InternetByQuarter,
    Question::TelephoneDensity,
    Question::Everything,
];

/// The time over which one question is repeated, unless that comes to so many repetitions before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Effort {
    pub(super) time: Duration,
    pub(super) times: u64,
}

impl Question {
    pub(super) const fn id(self) -> &'static str {
        match self {
            Self::PostByMonth => "q1",
            Self::InternetByQuarter => "q2",
            Self::TelephoneDensity => "q3",
            Self::Everything => "q4",
        }
    }

    /// The question about the last year of a workload; as far as it has values, from the first month or quarter with any.
    pub(super) fn build<'a>(self, query: &'a QueryClient, workload: &Workload) -> IndicatorsQuestion<'a> {
        let first = first_asked(workload);
        let year = LAST_DAY.year();
        let months = format!("{year}-{:02}..{year}-12", first.month());
        match self {
            Self::PostByMonth => query.indicators(["post.items"]).area(province_name(0)).period(months),
            Self::InternetByQuarter => query
                .indicators(["internet.subscriptions"])
                .area(province_name(0))
                .period(format!("{year}-Q{}..{year}-Q4", (first.month() + 2) / 3))
                .group_by("technology"),
            Self::TelephoneDensity => query
                .indicators(["telephone.density"])
                .areas_under(COUNTRY, "province")
                .period(year),
            Self::Everything => query
                .indicators(METRICS)
                .areas_under(COUNTRY, "province")
                .period(months)
                .granularity(Granularity::Month)
                .page_size(10_000),
        }
    }
}

/// The first day of the year that is asked about, or of the values when they begin later.
pub(super) fn first_asked(workload: &Workload) -> Date {
    workload.date(0).max(LAST_DAY.first_of_year())
}

/// An answer as it is compared and shown: without what no plain sum has.
pub(super) fn told(figures: &Figures) -> Vec<Told> {
    let one = |figure: &almanac_model::Figure| Told {
        measure: figure.measure.to_string(),
        area: figure.area.to_string(),
        period: figure.period.to_string(),
        code: figure.dimensions.values().cloned().collect::<Vec<_>>().join(","),
        value: match &figure.value {
            Ok(value) => value.clone(),
            Err(reason) => format!("missing: {reason}"),
        },
    };
    let mut told: Vec<Told> = figures.figures.iter().map(one).collect();
    told.sort();
    told
}

/// Calls query again and again without a question, one call after the other: what a call costs by itself. Nanoseconds.
pub(super) async fn calls(uri: &str, effort: Effort) -> Result<Histogram<u64>, BenchError> {
    let channel = Endpoint::from_shared(uri.to_owned())?.connect().await?;
    let mut health = HealthClient::new(channel);
    let mut taken = histogram()?;
    let begun = Instant::now();
    while taken.len() < effort.times && begun.elapsed() < effort.time {
        let called = Instant::now();
        let failed = |status| BenchError::Health(Box::new(status));
        health.check(HealthCheckRequest::default()).await.map_err(failed)?;
        note(&mut taken, called.elapsed());
    }
    Ok(taken)
}

/// Asks again and again, one question after the other. Nanoseconds from asking until the figures are there as figures.
pub(super) async fn timed(
    question: Question,
    query: &QueryClient,
    workload: &Workload,
    as_of: Option<Revision>,
    effort: Effort,
) -> Result<Histogram<u64>, BenchError> {
    let mut taken = histogram()?;
    let begun = Instant::now();
    while taken.len() < effort.times && begun.elapsed() < effort.time {
        let asked = Instant::now();
        let question = question.build(query, workload);
        let question = match as_of {
            Some(revision) => question.as_of_revision(revision),
            None => question,
        };
        question.fetch().await?;
        note(&mut taken, asked.elapsed());
    }
    Ok(taken)
}

/// What is longer counts as this long.
const LONGEST: Duration = Duration::from_hours(1);

/// Nanoseconds, to three digits.
pub(super) fn histogram() -> Result<Histogram<u64>, BenchError> {
    Ok(Histogram::new_with_max(nanoseconds(LONGEST), 3)?)
}

pub(super) fn note(histogram: &mut Histogram<u64>, taken: Duration) {
    histogram.saturating_record(nanoseconds(taken));
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_noted_is_read_to_three_digits() {
        for (taken, least, most) in [
            (Duration::from_micros(123), 122_900, 123_100),
            (Duration::from_secs(9), 8_990_000_000, 9_010_000_000),
            (Duration::from_hours(2), 3_596_000_000_000, 3_604_000_000_000),
        ] {
            let mut histogram = histogram().unwrap();
            note(&mut histogram, taken);
            let read = histogram.value_at_quantile(0.99);
            assert!((least..=most).contains(&read), "{taken:?} is read as {read}");
        }
    }
}

//! What is expected of a reporter is what it may report.

use almanac_model::AreaId;

use crate::load::Draft;
use crate::{Catalog, Method};

/// Checks every expectation against its reporter and its metric.
pub(super) fn check_expectations(catalog: &Catalog, draft: &Draft<'_>) {
    for expectation in draft.expectations {
        let report = |message: String, remedy: String| draft.problems.report(expectation.place, message, remedy);
        let expectation = &expectation.value;
        let (reporter, metric) = (expectation.reporter.as_str(), expectation.metric.as_str());
        if catalog
            .metric(metric)
            .is_some_and(|metric| metric.method == Method::Tally)
        {
            report(
                format!("metric {metric:?} is a tally: nobody knows how many events ought to come"),
                "expect only metrics with method = \"report\"".to_owned(),
            );
        }
        let Some(reporter) = catalog.reporter(reporter) else {
            continue;
        };
        if !reporter.metrics.contains(&expectation.metric) {
            report(
                format!(
                    "reporter {:?} is expected to report {metric:?} and may not",
                    reporter.id.as_str()
                ),
                format!("add {metric:?} to \"metrics\" of the reporter"),
            );
        }
        let readable = |area: &&AreaId| catalog.area(area.as_str()).is_some();
        for area in expectation.areas.iter().filter(readable) {
            let mut above = catalog.ancestors_at_any_date(area.as_str());
            if !above.any(|above| reporter.areas.contains(above)) {
                report(
                    format!(
                        "reporter {:?} is expected to report for area \"{area}\" and may not",
                        reporter.id.as_str()
                    ),
                    format!("add \"{area}\" to \"areas\" of the reporter"),
                );
            }
        }
    }
}

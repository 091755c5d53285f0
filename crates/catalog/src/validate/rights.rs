//! Who may report what: a reporter reports its own metrics for its own areas, and nobody reports for another.

use almanac_model::{AreaId, MetricId, ReporterId};

use super::{Check, Violation, ViolationReason};
use crate::{Catalog, Reporter, suggest};

impl Catalog {
    /// The reporter of that name. Asked once for a request; [`Self::check_event`] asks again.
    pub fn check_reporter(&self, reporter: &ReporterId) -> Result<&Reporter, Violation> {
        self.reporter(reporter.as_str()).ok_or_else(|| {
            let near = self.nearest_reporter(reporter.as_str());
            let remedy = suggest::remedy(&near, "the catalogue names all reporters");
            Violation {
                field: "reporter".to_owned(),
                reason: ViolationReason::UnknownReporter,
                message: format!("there is no reporter \"{reporter}\"; {remedy}"),
            }
        })
    }
}

impl Check<'_> {
    /// The reporter may report this metric for this area, or for one above it.
    pub(super) fn reporter(&mut self, reporter: &ReporterId) {
        let reporter = match self.catalog.check_reporter(reporter) {
            Ok(reporter) => reporter,
            Err(violation) => {
                self.violations.push(violation);
                return;
            }
        };
        let id = &reporter.id;
        if !reporter.metrics.contains(&self.event.metric) {
            let allowed = suggest::alternatives(reporter.metrics.iter().map(MetricId::as_str));
            let message = format!(
                "reporter \"{id}\" may not report metric \"{}\"; it may report {allowed}",
                self.event.metric
            );
            self.refuse("reporter", ViolationReason::ReporterNotAllowed, message);
        }
        let area = &self.event.area;
        let mut above = self.catalog.ancestors_at_any_date(area.as_str());
        // an area that nobody knows is told by the check of the area
        let known = self.catalog.area(area.as_str()).is_some();
        if known && !above.any(|above| reporter.areas.contains(above)) {
            let allowed = suggest::alternatives(reporter.areas.iter().map(AreaId::as_str));
            let message = format!(
                "reporter \"{id}\" may not report for area \"{area}\"; it may report for what lies under {allowed}"
            );
            self.refuse("reporter", ViolationReason::ReporterNotAllowed, message);
        }
    }
}

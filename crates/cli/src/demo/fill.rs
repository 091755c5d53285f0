//! An empty log becomes the log of 2017, over gRPC alone.

use std::collections::BTreeMap;

use almanac_ca_mau::{PROVINCE, Recorded, catalog, catalog_files, events_2017};
use almanac_client::{IngestClient, Released, Report};
use almanac_model::{Event, ReporterId, Revision};

use super::{DemoError, RELEASE, YEAR};
use crate::review::Language;

/// What was recorded.
#[derive(Debug)]
pub(super) struct Filled {
    events: usize,
    reporters: usize,
    first: Revision,
    /// The release that freezes all of it.
    pub(super) released: Released,
}

/// Applies the built-in catalogue, records every event as the reporter who owns it, and freezes the result.
pub(super) async fn fill(ingest: &IngestClient) -> Result<Filled, DemoError> {
    let applied = ingest.apply_catalog(&catalog_files()).await?;
    let mut owned: BTreeMap<ReporterId, Vec<Event>> = BTreeMap::new();
    for Recorded { reporter, event } in events_2017()? {
        owned.entry(reporter).or_default().push(event);
    }
    let (reporters, events) = (owned.len(), owned.values().map(Vec::len).sum());
    let mut last = applied.at.revision;
    for (reporter, events) in owned {
        last = ingest.record(&reporter, events).await?.at.revision;
    }
    let note = "the review of 2017 as it was published";
    let released = ingest.create_release(&RELEASE.parse()?, Some(last), note).await?;
    Ok(Filled {
        events,
        reporters,
        first: applied.at.revision.next(),
        released,
    })
}

impl Filled {
    /// What was recorded, in a sentence.
    pub(super) fn told(&self, language: Language) -> String {
        let Self {
            events,
            reporters,
            first,
            released,
        } = self;
        let (last, name) = (released.release.revision, &released.release.name);
        match language {
            Language::Vi => format!(
                "{events} sự kiện của {reporters} đơn vị báo cáo, ghi qua gRPC thành các phiên bản {first} đến {last}, \
                 chốt với tên {name}."
            ),
            Language::En => format!(
                "{events} events of {reporters} reporters, recorded over gRPC as revisions {first} to {last}, frozen as \
                 release {name}."
            ),
        }
    }
}

/// What the table shows.
pub(super) fn title(report: &Report, language: Language) -> String {
    let area = catalog()
        .ok()
        .and_then(|catalog| catalog.area(PROVINCE).map(|area| area.name.clone()));
    format!(
        "{}, {} ({PROVINCE}), {YEAR}",
        language.of(&report.documentation.label),
        area.unwrap_or_default()
    )
}
